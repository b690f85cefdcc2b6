import styles from "./Ring.module.css";

const RADIUS = 20;
const ROUND = 2 * Math.PI * RADIUS;

interface RingProps {
  /** Whole seconds. */
  left: number;
  total: number;
  /** What a screen reader finds when it looks; it is not read out each second. */
  label: string;
}

/** A ring that empties as the seconds go, with their number in it. It turns red for the last quarter. */
export function Ring({ left, total, label }: RingProps) {
  const share = total > 0 ? Math.min(1, Math.max(0, left / total)) : 0;
  return (
    <span className={`${styles.ring} ${share <= 0.25 ? styles.late : ""}`} role="timer" aria-live="off" aria-label={label} data-left={left}>
      <svg viewBox="0 0 48 48" aria-hidden="true">
        <circle className={styles.track} cx="24" cy="24" r={RADIUS} />
        <circle className={styles.rest} cx="24" cy="24" r={RADIUS} strokeDasharray={ROUND} strokeDashoffset={ROUND * (1 - share)} />
      </svg>
      <span className={styles.figure} aria-hidden="true">
        {left}
      </span>
    </span>
  );
}
