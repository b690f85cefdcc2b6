import styles from "./Traffic.module.css";

const WIDTH = 180;
const HEIGHT = 28;

/** Sixty minutes of texts: received above, sent below the middle. `minutes`: [in, out], the present one last. */
export function Spark({ minutes, label }: { minutes: number[][]; label: string }) {
  const most = Math.max(1, ...minutes.flat());
  const step = WIDTH / minutes.length;
  const half = HEIGHT / 2;
  const high = (value: number) => (value === 0 ? 0 : Math.max(1, (value / most) * (half - 1)));
  return (
    <svg className={styles.spark} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
      <line x1="0" x2={WIDTH} y1={half} y2={half} />
      {minutes.map(([received = 0, sent = 0], place) => (
        <g key={place}>
          {received > 0 && <rect className={styles.in} x={place * step} width={step - 0.6} y={half - high(received)} height={high(received)} />}
          {sent > 0 && <rect className={styles.out} x={place * step} width={step - 0.6} y={half} height={high(sent)} />}
        </g>
      ))}
    </svg>
  );
}
