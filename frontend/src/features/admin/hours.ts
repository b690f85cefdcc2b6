/** Opening hours between the wire (minutes since midnight, beyond 1440 the next day) and a form (clock times). */
export interface Opening {
  opens: string;
  closes: string;
  /** It closes on the day after. */
  overnight: boolean;
}

export type Day = Opening[];

const MINUTES = 1440;
const two = (n: number) => String(n).padStart(2, "0");

/** "08:05"; 1440 and beyond as the next day's clock shows it. */
export const clockOf = (minutes: number): string => `${two(Math.floor((minutes % MINUTES) / 60))}:${two(minutes % 60)}`;

/** Minutes of "08:05", "8", "8h05" or "0805", up to "24:00"; null: not read. */
export function minutesOf(clock: string): number | null {
  const found = /^(\d{1,2})\s*[:h.]?\s*(\d{2})?$/i.exec(clock.trim());
  if (!found) return null;
  const minutes = Number(found[1]) * 60 + Number(found[2] ?? 0);
  return Number(found[2] ?? 0) < 60 && minutes <= MINUTES ? minutes : null;
}

const closing = (minutes: number): string => (minutes === MINUTES ? "24:00" : clockOf(minutes));

/** What was written, as "08:05" where it can be read. */
export function tidied(clock: string): string {
  const minutes = minutesOf(clock);
  return minutes === null ? clock : closing(minutes);
}

export const toDay = (spans: number[][]): Day =>
  spans.map(([opens = 0, closes = 0]) => ({ opens: clockOf(opens), closes: closing(closes), overnight: closes > MINUTES }));

/** Midnight as an end is the end of the day. What cannot be read is no time: the server says so, in words. */
export function toSpans(day: Day): number[][] {
  return day.map(({ opens, closes, overnight }) => {
    const end = minutesOf(closes) ?? -1;
    return [minutesOf(opens) ?? -1, end === 0 || (overnight && end > 0 && end < MINUTES) ? end + MINUTES : end];
  });
}

/** "08:00–12:30, 14:00–18:00" */
export const spoken = (spans: number[][]): string => spans.map(([opens = 0, closes = 0]) => `${clockOf(opens)}–${closing(closes)}`).join(", ");

/** A usual next opening for a day that has some: two hours, an hour after the last one, nearer or shorter where there is
 * less room, else before the first one; where there is none, times to be filled in. */
export function anotherOpening(day: Day): Opening {
  if (day.length === 0) return { opens: "08:00", closes: "18:00", overnight: false };
  const spans = toSpans(day);
  const ends = Math.max(...spans.map(([, end = 0]) => end));
  const begins = Math.min(...spans.map(([begin = 0]) => begin));
  const between = (begin: number, end: number): Opening => ({ opens: clockOf(begin), closes: closing(end), overnight: false });
  if (ends + 30 <= MINUTES) {
    const begin = Math.max(ends, Math.min(ends + 60, MINUTES - 120));
    return between(begin, Math.min(begin + 120, MINUTES));
  }
  return begins >= 30 ? between(Math.max(0, begins - 180), begins < 180 ? begins : begins - 60) : { opens: "", closes: "", overnight: false };
}

/** Seconds of "5 min", "2 h", "1 h 30", "1 d", "90 s" or of a bare number of minutes; null: no target; NaN: not read. */
export function secondsOf(text: string): number | null {
  const given = text.trim().toLowerCase();
  if (given === "") return null;
  const found = /^(?:(\d+)\s*(?:d|j)(?:ays?|ours?)?)?\s*(?:(\d+)\s*h(?:eures?|ours?)?)?\s*(?:(\d+)(?!\d)\s*(?:m(?:in(?:utes?)?)?)?(?!\s*s))?\s*(?:(\d+)\s*s(?:ec(?:onde?s?)?)?)?$/.exec(given);
  if (!found || found.slice(1).every((part) => part === undefined)) return Number.NaN;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = found.slice(1).map((part) => Number(part ?? 0));
  return days * 86_400 + hours * 3600 + minutes * 60 + seconds;
}

/** "1 h 30 min", as it can be read again. */
export function written(seconds: number | null, day: string): string {
  if (seconds === null) return "";
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), day], [Math.floor(seconds / 3600) % 24, "h"], [Math.floor(seconds / 60) % 60, "min"], [seconds % 60, "s"],
  ];
  return parts.flatMap(([n, unit]) => (n > 0 ? [`${n} ${unit}`] : [])).join(" ");
}
