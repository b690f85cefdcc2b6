/**
 * What a list is narrowed to: the same names in the address bar, in a saved view and in the API (inbox/filters.py). A
 * link with them shows the same list to whoever opens it, as far as he may see it.
 */
import type { ConversationStatus, Session, View } from "@/api/types";
import type { ListFilter } from "./listState";

export interface Asked {
  line: readonly string[];
  status: ConversationStatus | null;
  medium?: readonly string[];
  tag?: readonly string[];
  queue?: string;
  team?: string;
  agent?: string;
  language?: string;
  /** Seconds. */
  waiting_over?: number;
  since?: string;
  until?: string;
  unread?: boolean;
  failed?: boolean;
  priority?: number;
}

const LISTS = ["line", "medium", "tag"] as const;
const WORDS = ["queue", "team", "agent", "language", "since", "until"] as const;
const NUMBERS = ["waiting_over", "priority"] as const;
const MARKS = ["unread", "failed"] as const;
const STATUSES: ConversationStatus[] = ["bot", "queued", "open", "snoozed", "closed"];
export const ASKED = ["status", ...LISTS, ...WORDS, ...NUMBERS, ...MARKS] as const;
const VIEWS: View[] = ["mine", "snoozed", "queue", "all"];

/** The values of one address bar; what is no value of its kind is left out. */
export function askedIn(search: URLSearchParams): Asked {
  const asked: Asked = { line: search.getAll("line"), status: STATUSES.find((one) => one === search.get("status")) ?? null };
  for (const name of ["medium", "tag"] as const) if (search.has(name)) asked[name] = search.getAll(name);
  for (const name of WORDS) {
    const value = search.get(name);
    if (value && (!["since", "until"].includes(name) || !Number.isNaN(Date.parse(value)))) asked[name] = value;
  }
  for (const name of NUMBERS) if (/^-?\d{1,9}$/.test(search.get(name) ?? "")) asked[name] = Number(search.get(name));
  for (const name of MARKS) if (search.get(name) === "true") asked[name] = true;
  return asked;
}

/** The same as parameters of an address; what is not asked is null, so that it is taken away. */
export function parametersOf(asked: Partial<Asked>): Record<string, string | string[] | null> {
  const found: Record<string, string | string[] | null> = {};
  for (const name of ASKED) {
    if (!(name in asked)) continue;
    const value = asked[name];
    if (Array.isArray(value)) found[name] = value.length > 0 ? (value as string[]) : null;
    else found[name] = value === null || value === undefined || value === false || value === "" ? null : String(value as string | number | boolean);
  }
  return found;
}

export const NOTHING_ASKED: Record<(typeof ASKED)[number], null> = Object.fromEntries(ASKED.map((name) => [name, null])) as never;

/** How many things a group of filters asks. */
export const countAsked = (asked: Asked, names: readonly (keyof Asked)[]): number =>
  names.reduce((sum, name) => {
    const value = asked[name];
    return sum + (Array.isArray(value) ? value.length : value === null || value === undefined || value === false ? 0 : 1);
  }, 0);

/** The whole of what the address bar says, with what the session knows of its media, teams and lines. */
export function filterOf(search: URLSearchParams, session: Session, usual: View): ListFilter {
  const asked = askedIn(search);
  const view = VIEWS.find((one) => one === search.get("view")) ?? usual;
  const filter: ListFilter = { view, text: search.get("q") ?? "", ...asked };
  if (view !== "all" && search.get("order") === "deadline") filter.order = "deadline";
  if (session.desk.line_ids !== null) filter.shown = session.desk.line_ids;
  const { medium, team } = asked;
  if (medium?.length) filter.mediumLines = session.lines.filter((line) => medium.includes(line.medium)).map((line) => line.id);
  if (team) filter.members = session.teams.find((one) => one.id === team)?.members ?? [];
  return filter;
}
