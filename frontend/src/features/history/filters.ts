/** What is asked of the history stands in the address: a link to it shows the same to a colleague. */
import { query } from "@/api/fetch";

export const DIRECTIONS = ["all", "in", "out"] as const;
export const STATES = ["all", "delivered", "failed"] as const;
const DAY = /^20\d\d-\d\d-\d\d$/;
const ID = /^[\w-]{1,36}$/;

export interface Filters {
  start: string;
  end: string;
  direction: (typeof DIRECTIONS)[number];
  state: (typeof STATES)[number];
  number: string;
  line: string;
  link: string;
  text: string;
  reference: string;
}

export const NAMES = ["start", "end", "direction", "state", "number", "line", "link", "text", "reference"] as const;
/** As many signs as the server takes. */
export const LONGEST = { number: 40, text: 100, reference: 200 };

export const NOTHING: Filters = { start: "", end: "", direction: "all", state: "all", number: "", line: "", link: "", text: "", reference: "" };

/** Whether `value` is a day of this century, and one that the calendar has. */
export const isDay = (value: string): boolean => {
  const at = DAY.test(value) ? new Date(`${value}T00:00:00Z`) : null;
  return at !== null && !Number.isNaN(at.getTime()) && at.toISOString().startsWith(value);
};

/** Days in the address that no calendar has: they are left out, and the page says so. */
export const strayDays = (search: URLSearchParams): string[] =>
  [search.get("start"), search.get("end")].filter((value): value is string => !!value && !isDay(value)).map((value) => value.slice(0, 40));

export function readFilters(search: URLSearchParams): Filters {
  const plain = (name: keyof typeof LONGEST) => (search.get(name) ?? "").slice(0, LONGEST[name]);
  const day = (name: "start" | "end") => (isDay(search.get(name) ?? "") ? search.get(name)! : "");
  const id = (name: "line" | "link") => (ID.test(search.get(name) ?? "") ? search.get(name)! : "");
  return {
    start: day("start"),
    end: day("end"),
    direction: DIRECTIONS.find((one) => one === search.get("direction")) ?? "all",
    state: STATES.find((one) => one === search.get("state")) ?? "all",
    number: plain("number"),
    line: id("line"),
    link: id("link"),
    text: plain("text"),
    reference: plain("reference"),
  };
}

const asked = (filters: Filters): [string, string][] =>
  NAMES.map((name): [string, string] => [name, filters[name].trim()]).filter(([, value]) => value !== "" && value !== "all");

export const isEmpty = (filters: Filters): boolean => asked(filters).length === 0;

export const toSearch = (filters: Filters): URLSearchParams => new URLSearchParams(asked(filters));

export const toQuery = (filters: Filters, beside: Record<string, string | number | null> = {}): string =>
  query({ ...Object.fromEntries(asked(filters)), ...beside });

export const toBody = (filters: Filters): Record<string, string> => Object.fromEntries(asked(filters));
