/** Hours, answers outside them and response times of the fake server. */
import type { AfterHoursText, Holiday, Schedule, Schedules, Targets } from "@/api/types";
import { LINES, QUEUES } from "./cast";
import { ok, refuse, type Answer } from "./fakeServer";

const OFFICE = [[480, 750], [840, 1080]];

const holiday = (key: string, name_fr: string, name_en: string, day: string, state = "certain"): Holiday =>
  ({ country: "BJ", year: 2027, key, name_fr, name_en, estimate: day, day, state });

const schedules: Schedules = {
  items: [
    {
      id: "schedule-office", name: "Bureau", week: [OFFICE, OFFICE, OFFICE, OFFICE, OFFICE, [[540, 720]], []], country: "BJ", revision: 3,
      special_days: [{ id: "special-1", first: "2026-12-28", last: "2026-12-31", spans: [], reason: "Inventaire", says_fr: "", says_en: "" }],
      is_open: false, changes_at: "2026-11-23T07:00:00Z",
    },
  ],
  holidays: [
    holiday("christmas-day", "Jour de Noël", "Christmas Day", "2026-12-25"),
    holiday("eid-al-adha", "Jour de la Tabaski", "Eid al-Adha", "2027-05-16", "to_confirm"),
  ],
  countries: ["BF", "BJ", "FR"],
  time_zone: "Africa/Porto-Novo",
};

const refusedWeek = (week: number[][][]): Answer | null => {
  const weekday = week.findIndex((day) => day.some(([opens = 0, closes = 0]) => closes <= opens));
  if (weekday < 0) return null;
  const message = "Une ouverture finit après avoir commencé.";
  return { status: 422, body: { error: { code: "hours_backwards", message, fields: { week: message }, facts: { weekday } } } };
};

export function scheduleRoutes(method: string, path: string, body: Record<string, unknown>): Answer {
  const [, , , kind = "", id, deed] = path.split("/");
  if (method === "GET") return ok(schedules);
  if (kind === "holidays") {
    const found = schedules.holidays.find(({ key }) => key === body.key);
    if (!found) return refuse(422, "unknown_choice");
    Object.assign(found, { day: body.day, state: body.day === null ? "dropped" : body.day === found.estimate ? "confirmed" : "moved" });
    return ok(schedules);
  }
  if (kind === "special-days") {
    for (const one of schedules.items) one.special_days = one.special_days.filter((days) => days.id !== id);
    return ok(schedules);
  }
  const known = schedules.items.find((one) => one.id === id);
  if (deed === "remove") {
    schedules.items = schedules.items.filter((one) => one !== known);
    return ok(schedules);
  }
  if (deed === "special-days" && known) {
    known.special_days.push({ id: `special-${known.special_days.length + 1}`, ...(body as Omit<Schedule["special_days"][number], "id">) });
    return ok(schedules, 201);
  }
  const refused = refusedWeek((body.week ?? []) as number[][][]);
  if (refused) return refused;
  if (known) Object.assign(known, body, { revision: known.revision + 1 });
  else schedules.items.push({ id: `schedule-${schedules.items.length}`, revision: 1, special_days: [], is_open: true, changes_at: null, ...(body as Pick<Schedule, "name" | "week" | "country">) });
  return ok(schedules, known ? 200 : 201);
}

const texts: AfterHoursText[] = [
  { language: "fr", body: "{organisation} : nous sommes fermés. Prochaine ouverture : {opens_at}.", usual: true, opens_at: "mercredi 23/12 à 08:00" },
  { language: "en", body: "{organisation}: we are closed. We open again {opens_at}.", usual: true, opens_at: "Wednesday 23/12 at 08:00" },
];

export function afterHoursRoutes(method: string, body: Record<string, unknown>): Answer {
  const found = texts.find(({ language }) => language === body.language);
  if (method === "PUT" && found) Object.assign(found, { body: body.body, usual: body.body === "" });
  return ok({ items: texts });
}

const none = { first_s: null, next_s: null, resolution_s: null, is_business: true, warn_percent: 50 };
const targets: Targets[] = [
  ...QUEUES.map(({ id, name }): Targets => ({ kind: "queue", id, name, ...none })),
  ...LINES.map(({ id, name, address }): Targets => ({ kind: "line", id, name: `${address} · ${name}`, ...none })),
];

export function targetRoutes(method: string, path: string, body: Record<string, unknown>): Answer {
  const id = path.split("/")[4];
  if (method === "PUT") Object.assign(targets.find((one) => one.id === id) ?? {}, body);
  return ok({ items: targets });
}
