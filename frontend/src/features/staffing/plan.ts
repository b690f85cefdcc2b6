/** What is typed into the form, as texts: a figure half typed stays what it is. */
export interface Plan {
  contacts: string;
  start: string;
  handling: string;
  target: string;
  within: string;
  concurrency: string;
  shrinkage: string;
}

export const FIRST: Plan = { contacts: "60", start: "08:00", handling: "300", target: "80", within: "20", concurrency: "1", shrinkage: "30" };
export const MOST_HALVES = 48;

type Bounds = readonly [least: number, most: number];
/** As the server's. Percents are typed, shares are sent. */
export const BOUNDS: Record<"handling" | "target" | "within" | "concurrency" | "shrinkage", Bounds> = {
  handling: [1, 86_400],
  target: [1, 99.9],
  within: [0, 86_400],
  concurrency: [1, 50],
  shrinkage: [0, 90],
};
const CONTACTS: Bounds = [0, 100_000];
const TIME = /^([01]\d|2[0-3]):[0-5]\d/;

export type Wrong = Partial<Record<keyof Plan, true>>;

// "1,200" is a thousand and more to one reader, and one and a fifth to another: nobody is asked to guess.
const GROUPED = /\d,\d{3}(?!\d)/;
// "1 200" with the space that spreadsheets group by is one figure, and would be read as two half hours.
const GROUPED_BY_SPACE = /(?:^|[\s;])\d{1,3}[\u00a0\u202f]\d{3}(?!\d)/;

const within = (text: string, [least, most]: Bounds): boolean => {
  const value = Number(text.trim().replace(",", "."));
  return text.trim() !== "" && !GROUPED.test(text) && Number.isFinite(value) && value >= least && value <= most;
};

/** Figures between spaces, line breaks or semicolons, as they come out of a spreadsheet's column or row. */
export const figures = (text: string): string[] => text.split(/[\s;]+/).filter((one) => one !== "");

export function wrongIn(plan: Plan): Wrong {
  const wrong: Wrong = {};
  const contacts = figures(plan.contacts);
  if (GROUPED_BY_SPACE.test(plan.contacts) || contacts.length === 0 || contacts.length > MOST_HALVES) wrong.contacts = true;
  if (contacts.some((one) => !within(one, CONTACTS))) wrong.contacts = true;
  if (!TIME.test(plan.start)) wrong.start = true;
  for (const name of Object.keys(BOUNDS) as (keyof typeof BOUNDS)[]) if (!within(plan[name], BOUNDS[name])) wrong[name] = true;
  return wrong;
}

/** The question to the server. Only for a plan in which nothing is wrong. */
export function asked(plan: Plan): string {
  const plain = (text: string) => Number(text.trim().replace(",", "."));
  const share = (text: string) => String(Math.round(plain(text) * 1000) / 100_000);
  const search = new URLSearchParams(figures(plan.contacts).map((one) => ["contacts", String(plain(one))]));
  search.set("handling_s", String(plain(plan.handling)));
  search.set("target", share(plan.target));
  search.set("within_s", String(plain(plan.within)));
  search.set("concurrency", String(plain(plan.concurrency)));
  search.set("shrinkage", share(plan.shrinkage));
  return search.toString();
}

/** "08:00", "08:30", ...: the half hour at this place of the plan. */
export function halfHour(start: string, place: number): string {
  const parts = /^(\d\d):(\d\d)/.exec(start);
  const minutes = ((parts ? Number(parts[1]) * 60 + Number(parts[2]) : 0) + place * 30) % 1440;
  const two = (n: number) => String(n).padStart(2, "0");
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
