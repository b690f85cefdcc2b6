import { UserRound } from "lucide-react";
import styles from "./Avatar.module.css";

/** Six quiet hues; the same name always takes the same one. */
function hueOf(name: string): number {
  let sum = 0;
  for (const character of name) sum = (sum * 31 + character.codePointAt(0)!) % 997;
  return sum % 6;
}

function initialsOf(name: string): string {
  const words = name.split(/[\s-]+/).filter((word) => /\p{L}/u.test(word));
  const first = words[0]?.[0] ?? "";
  const last = words.length > 1 ? (words[words.length - 1]?.[0] ?? "") : "";
  return (first + last).toLocaleUpperCase();
}

export function Avatar({ name, size = 32, dot }: { name: string | null; size?: 22 | 32 | 56; dot?: "ok" | "warn" | "off" }) {
  const tone = name ? styles[`hue${hueOf(name)}`] : styles.unknown;
  return (
    <span className={`${styles.avatar} ${styles[`size${size}`]} ${tone}`} aria-hidden="true">
      {name ? initialsOf(name) : <UserRound size={size / 2} strokeWidth={1.8} />}
      {dot && <span className={`${styles.dot} ${styles[dot]}`} />}
    </span>
  );
}
