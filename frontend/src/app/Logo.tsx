import styles from "./Logo.module.css";

/** The palaver tree: a wide crown that is also a balloon of speech, on its trunk. */
export function Mark({ size = 26 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" className={styles.mark}>
      <path
        d="M16 3C8.8 3 3 7.3 3 12.7c0 4.6 4.2 8.4 10 9.4V27a2 2 0 0 0 2 2h2a2 2 0 0 0 2-2v-4.9c5.8-1 10-4.8 10-9.4C29 7.3 23.2 3 16 3Z"
        fill="currentColor"
      />
      <g className={styles.dots}>
        <circle cx="10.5" cy="12.6" r="1.9" />
        <circle cx="16" cy="12.6" r="1.9" />
        <circle cx="21.5" cy="12.6" r="1.9" />
      </g>
    </svg>
  );
}

export function Logo({ large = false }: { large?: boolean }) {
  return (
    <span className={large ? styles.large : styles.logo}>
      <Mark size={large ? 38 : 26} />
      <span>Palabre</span>
    </span>
  );
}
