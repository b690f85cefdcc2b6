import type { ButtonHTMLAttributes, ReactNode, Ref } from "react";
import styles from "./Button.module.css";

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: "plain" | "primary" | "quiet" | "danger";
  size?: "small" | "normal";
  icon?: ReactNode;
  /** The key that does the same, shown in the button. */
  hint?: string;
  /** An icon alone: `aria-label` must then say what it does. */
  square?: boolean;
  ref?: Ref<HTMLButtonElement>;
}

export function Button({ look = "plain", size = "normal", icon, hint, square, className, children, type, ...rest }: ButtonProps) {
  const names = [styles.button, styles[look], styles[size], square ? styles.square : "", className ?? ""];
  return (
    <button type={type ?? "button"} className={names.join(" ")} title={square ? rest["aria-label"] : undefined} {...rest}>
      {icon}
      {children != null && <span className={styles.label}>{children}</span>}
      {hint && (
        <kbd className={styles.hint} aria-hidden="true">
          {hint}
        </kbd>
      )}
    </button>
  );
}
