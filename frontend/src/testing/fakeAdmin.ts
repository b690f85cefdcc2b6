/** The administration part of the fake server: three tables and the lines of the audit. */
import type { Health, HealthCheck } from "@/api/types";
import { LINES, PEOPLE } from "./cast";
import { afterHoursRoutes, scheduleRoutes, targetRoutes } from "./fakeHours";
import { ok, refuse, type Answer } from "./fakeServer";

type Record_ = Record<string, unknown> & { id: string };

const minutes = (n: number) => new Date(Date.now() - n * 60_000).toISOString();

const tables: Record<string, Record_[]> = {
  users: PEOPLE.map((person) => ({ ...person, language: "fr", is_active: true, seen_at: null, has_factor: false, has_password: true, has_link: false, team_ids: [] })),
  teams: [],
  lines: LINES.map((line) => ({ ...line, bot: "telecom", bot_engine: "", queue_id: "queue-general", language: "fr", is_enabled: true, schedule_id: null, bot_after_hours: true, promises_callback: false, link_ids: line.address === "1919" ? ["link-a", "link-b"] : ["link-a"] })),
  links: [
    {
      id: "link-a", name: "Opérateur A (démo)", adapter: "sms.smpp", has_secret: true, is_enabled: true,
      settings: { host: "127.0.0.1", port: 2775, system_id: "palabre-a", window: 10, rate_per_s: 50 },
      live: { state: "bound", bound: true, since: minutes(184), error: null, queued: 0, sent: 1284, throttled: 0 },
    },
    {
      id: "link-b", name: "Opérateur B (démo)", adapter: "sms.smpp", has_secret: true, is_enabled: true,
      settings: { host: "127.0.0.1", port: 2775, system_id: "palabre-b", window: 10, rate_per_s: 20 },
      live: { state: "failed", bound: false, since: minutes(3), error: "Connexion refusée par 127.0.0.1:2775", queued: 7, sent: 412, throttled: 3 },
    },
  ],
};

const audit: unknown[] = [
  { at: minutes(12), actor: "Sam Houngbédji", action: "link.changed", object: "Opérateur B (démo)", changes: { "settings.rate_per_s": [50, 20] } },
  { at: minutes(95), actor: "Sam Houngbédji", action: "user.created", object: "Mariam Ouédraogo", changes: { role: [null, "agent"] } },
  { at: minutes(1500), actor: null, action: "organisation.created", object: "Savane Assistance", changes: {} },
];

const check = (check: HealthCheck["check"], value: number | null, unit: string, warning: number | null, red: number | null, more: Partial<HealthCheck> = {}): HealthCheck =>
  ({ check, value, unit, warning, red, level: "ok", of: null, name: null, words: null, facts: {}, ...more });

const health = (): Health => ({
  status: "red",
  at: new Date().toISOString(),
  checks: [
    check("database", 0.0004, "s", 0.5, 2),
    check("link", 0, "s", 0, 60, { of: "link-a", name: "Opérateur A (démo)", facts: { state: "bound" } }),
    check("link", 184, "s", 0, 60, { of: "link-b", name: "Opérateur B (démo)", level: "red", facts: { state: "failed" } }),
    check("routing_lease", 0, "s", 0, 15),
    check("inbound_unhandled", 0, "s", 5, 30, { facts: { count: 0 } }),
    check("outbound_ready", 41, "s", 30, 300, { level: "warning", facts: { count: 7 } }),
    check("deliveries_unknown", 2, "count", 1, null, { level: "warning" }),
    check("receipts_parked", 12, "count", null, null),
    check("partitions_ahead", 3, "months", null, 1),
    check("redis", null, "s", 0.5, 2, { level: "red", words: "ConnectionError" }),
    check("bot_server", 75, "s", 0, null, {
      of: "telecom",
      name: "telecom",
      level: "warning",
      words: "timeout",
      facts: { state: "open", error: "timeout", open_s: 12, asked: 400, calls: 380, fallbacks: 25, p95_ms: 310 },
    }),
    check("look_up_source", 40, "s", 0, null, {
      of: "source-a", name: "Facturation", level: "warning", words: "timeout",
      facts: { state: "open", error: "timeout", open_s: 20, calls: 120, failures: 6, p95_ms: 1010 },
    }),
    check("disk_free", 63.2, "percent", 15, 5),
  ],
});

export function adminRoutes(method: string, path: string, body: Record<string, unknown>): Answer {
  if (path === "/api/admin/record-link") return ok(method === "PUT" ? body : { name: "", template: "" });
  const [, , , kind = "", id] = path.split("/");
  if (kind === "audit") return ok({ items: audit });
  if (kind === "health") return ok(health());
  if (kind === "security") return ok({ factor_roles: [], grace_days: 7, idle_minutes: 15, session_hours: 12, without_factor: 0, ...(method === "PUT" ? body : {}) });
  if (["schedules", "special-days", "holidays"].includes(kind)) return scheduleRoutes(method, path, body);
  if (kind === "targets" || path.endsWith("/targets")) return targetRoutes(method, path, body);
  if (path.endsWith("/after-hours")) return afterHoursRoutes(method, body);
  const table = tables[kind];
  if (!table) return refuse(404, "not_found");
  if (method === "GET") return ok({ items: table, next: null, bots: ["telecom"], engines: ["embedded", "rasa"], adapters: ["sms.http", "sms.smpp", "sms.twilio"] });
  if ("name" in body && String(body.name).trim() === "")
    return { status: 422, body: { error: { code: "invalid", message: "invalid", fields: { name: "Ce champ est obligatoire." } } } };
  const { secret, password: _password, ...fields } = body;
  const known = table.find((one) => one.id === id);
  const row = known ?? { id: `new-${table.length}`, has_secret: false, live: null };
  Object.assign(row, fields, secret ? { has_secret: true } : {});
  if (!known) table.push(row);
  audit.unshift({ at: new Date().toISOString(), actor: "Sam Houngbédji", action: `${kind.slice(0, -1)}.${known ? "changed" : "created"}`, object: String(row.name), changes: Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, [null, value]])) });
  return ok(row, known ? 200 : 201);
}
