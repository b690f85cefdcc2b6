/** For how long a conversation may be put aside with one choice: moments in the organisation's time zone. */
import { dayKey, fromLocal, toLocal } from "@/ui/format";

export type PresetKey = "hour" | "hours" | "evening" | "tomorrow" | "monday";

export interface Preset {
  key: PresetKey;
  at: string;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MORNING = "08:00";
const EVENING = "18:00";

/** Those that make sense at `now` (ms): no evening that has nearly come, no Monday that is tomorrow. */
export function presets(now: number): Preset[] {
  const today = toLocal(new Date(now).toISOString()).slice(0, 10);
  const weekday = new Date(`${today}T00:00Z`).getUTCDay();
  const moment = (days: number, clock: string): string | null => {
    const day = new Date(Date.parse(`${today}T00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
    return fromLocal(`${day}T${clock}`);
  };
  const toMonday = (8 - weekday) % 7 || 7;
  const found: { key: PresetKey; at: string | null }[] = [
    { key: "hour", at: new Date(now + HOUR_MS).toISOString() },
    { key: "hours", at: new Date(now + 3 * HOUR_MS).toISOString() },
    { key: "evening", at: moment(0, EVENING) },
    { key: "tomorrow", at: moment(1, MORNING) },
    { key: "monday", at: toMonday === 1 ? null : moment(toMonday, MORNING) },
  ];
  return found.filter((one): one is Preset => one.at !== null && Date.parse(one.at) >= now + HOUR_MS);
}

/** What the customer may be told, in his language and without a sign that costs SMS: by when he hears from us. */
export function promised(language: string, until: string, now: number): string {
  const [day = "", clock = ""] = toLocal(until).split("T");
  const weekday = new Intl.DateTimeFormat(language === "en" ? "en-GB" : "fr", { weekday: "long", timeZone: "UTC" }).format(new Date(`${day}T00:00Z`));
  const date = `${weekday} ${day.slice(8)}/${day.slice(5, 7)}`;
  const isToday = dayKey(until) === dayKey(now);
  if (language === "en") return isToday ? `I will come back to you today by ${clock}.` : `I will come back to you by ${date} at ${clock}.`;
  return isToday ? `Je reviens vers vous aujourd'hui avant ${clock}.` : `Je reviens vers vous avant le ${date} à ${clock}.`;
}
