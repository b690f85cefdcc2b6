import { AlertTriangle, Clock, Hourglass } from "lucide-react";
import styles from "./Waiting.module.css";

export type WaitLevel = "calm" | "warn" | "late";

/** Calm to half of the target, amber up to it, red beyond. */
export function waitLevel(seconds: number, target: number): WaitLevel {
  if (seconds > target) return "late";
  return seconds > target / 2 ? "warn" : "calm";
}

/** The same by a target's own moments: from `warnAt` on it is near, from `at` on it is missed. In milliseconds. */
export function deadlineLevel(now: number, warnAt: number, at: number): WaitLevel {
  if (now >= at) return "late";
  return now >= warnAt ? "warn" : "calm";
}

const ICONS = { calm: Clock, warn: Hourglass, late: AlertTriangle };

/** A time with an icon and a colour that say the same thing; `label` says it to a screen reader. */
export function Waiting({ time, level, label }: { time: string; level: WaitLevel; label: string }) {
  const Icon = ICONS[level];
  return (
    <span className={`${styles.waiting} ${styles[level]}`} title={label}>
      <Icon size={13} strokeWidth={2.2} aria-hidden="true" />
      <span aria-hidden="true">{time}</span>
      <span className="visually-hidden">{label}</span>
    </span>
  );
}
