import type { ReactNode } from "react";
import styles from "./States.module.css";

interface EmptyProps {
  icon: ReactNode;
  title: string;
  text?: string;
  testId?: string;
  children?: ReactNode;
}

/** Nothing to show, said in a sentence, with what to do next. */
export function Empty({ icon, title, text, testId = "empty", children }: EmptyProps) {
  return (
    <div className={styles.empty} data-testid={testId}>
      <span className={styles.mark} aria-hidden="true">
        {icon}
      </span>
      <p className={styles.title}>{title}</p>
      {text && <p className={styles.text}>{text}</p>}
      {children}
    </div>
  );
}

export function Skeleton({ rows, label, look = "rows" }: { rows: number; label: string; look?: "rows" | "thread" | "lines" }) {
  return (
    <div className={styles.skeleton} role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className={styles[look]}>
          <i />
          <i />
        </div>
      ))}
    </div>
  );
}
