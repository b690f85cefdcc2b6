import { useTranslation } from "react-i18next";
import styles from "./SignInPage.module.css";

export const LEAST = 12;

type Strength = "short" | "fair" | "good" | "strong";

/** How long it is, in a word. What is known to everybody the server knows better, and says. */
export function strengthOf(password: string): Strength {
  const length = [...password].length;
  if (length < LEAST) return "short";
  const kinds = new Set([...password]).size;
  if (length < 16 || kinds < 8) return "fair";
  return length < 22 ? "good" : "strong";
}

interface PasswordFieldProps {
  id: string;
  label: string;
  value: string;
  error: string;
  onChange: (value: string) => void;
}

/** A new password: told how good it is while it is typed; pasting and password managers are welcome. */
export function PasswordField({ id, label, value, error, onChange }: PasswordFieldProps) {
  const { t } = useTranslation("security");
  const strength = strengthOf(value);
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{label}</label>
      <input id={id} type="password" autoComplete="new-password" value={value} aria-invalid={error !== "" || undefined} aria-describedby={`${id}-hint`} onChange={(event) => onChange(event.target.value)} />
      <p id={`${id}-hint`} className={styles.hint}>
        {value === "" ? t("welcome.hint") : t(`welcome.strength.${strength}`, { count: LEAST - [...value].length })}
      </p>
    </div>
  );
}
