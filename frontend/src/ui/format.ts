/** Dates, durations and numbers as people read them. app/ sets the language and the organisation's time zone. */
let language = "fr";
let timeZone: string | undefined;
const cache = new Map<string, Intl.DateTimeFormat>();

export function configureFormats(to: { language: string; timeZone: string | undefined }): void {
  language = to.language;
  timeZone = to.timeZone;
  cache.clear();
}

function formatter(name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  let found = cache.get(name);
  if (!found) {
    // British English: 24 hours and day before month, as everywhere in West Africa.
    found = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, { ...options, timeZone });
    cache.set(name, found);
  }
  return found;
}

export const clockTime = (iso: string): string => formatter("clock", { hour: "2-digit", minute: "2-digit" }).format(new Date(iso));

/** With its seconds: for what is measured again every few of them. */
export const exactTime = (iso: string): string =>
  formatter("exact", { hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(new Date(iso));

export const fullTime = (iso: string): string =>
  formatter("full", { dateStyle: "long", timeStyle: "short" }).format(new Date(iso));

export const shortDate = (iso: string): string => formatter("short", { day: "numeric", month: "short" }).format(new Date(iso));

export const longDate = (iso: string): string =>
  formatter("long", { weekday: "long", day: "numeric", month: "long" }).format(new Date(iso));

/** Same text for two moments of one day in the organisation's time zone: "2026-11-21". */
export const dayKey = (at: string | number): string =>
  formatter("day", { year: "numeric", month: "2-digit", day: "2-digit" }).format(new Date(at));

/** "42 s", "4 min", "1 h 05", "3 d". The unit signs are the same in French and English but for the day. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds}\u00a0s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}\u00a0min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours}\u00a0h\u00a0${String(minutes % 60).padStart(2, "0")}`;
  return `${Math.floor(hours / 24)}\u00a0${language === "fr" ? "j" : "d"}`;
}

/** A running clock: "4:07", "1:12:07". */
export function stopwatch(seconds: number): string {
  const two = (n: number) => String(n).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

export const number = (value: number): string => value.toLocaleString(language === "en" ? "en-GB" : language);

/** "86400", "99,9": as it may be typed, without thousands separators. */
export const typed = (value: number): string => value.toLocaleString(language === "en" ? "en-GB" : language, { useGrouping: false });

/** "86.7%", "86,7 %": a share from 0 to 1. */
export const percent = (share: number): string =>
  share.toLocaleString(language === "en" ? "en-GB" : language, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** "+229 01 97 65 43 21": pairs, as they are said aloud in French-speaking West Africa. Others stay as they are. */
export function address(value: string): string {
  const regional = /^\+(22\d)(\d{8}|\d{10})$/.exec(value);
  return regional ? `+${regional[1]} ${regional[2]!.replace(/(\d\d)(?=\d)/g, "$1 ")}` : value;
}

/** A moment as a `datetime-local` field shows it in the organisation's time zone: "2026-11-24T08:00". */
export function toLocal(iso: string): string {
  const parts = formatter("field", { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).formatToParts(new Date(iso));
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((one) => one.type === type)?.value ?? "";
  return `${part("year")}-${part("month")}-${part("day")}T${part("hour")}:${part("minute")}`;
}

/** The moment at which clocks in the organisation's time zone show the time of a `datetime-local` field; null: none. */
export function fromLocal(local: string): string | null {
  const wall = Date.parse(`${local}Z`);
  if (Number.isNaN(wall)) return null;
  // The zone's offset at a first guess, then at the moment that this gives: the two differ where clocks change.
  let at = wall;
  for (let turn = 0; turn < 2; turn += 1) at = wall - (Date.parse(`${toLocal(new Date(at).toISOString())}Z`) - at);
  return new Date(at).toISOString();
}
