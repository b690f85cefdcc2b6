/** The history and the traffic of the fake server. */
import type { HistoryRow, TrafficFlow } from "@/api/types";
import { LINES } from "./cast";
import { ok, refuse, type Answer } from "./fakeServer";

const STATES = ["delivered", "received", "failed", "pending"] as const;
const RAW = { delivered: "DELIVRD", received: "", failed: "UNDELIV", pending: "ENROUTE" };
const STATUS = { delivered: "delivered", received: "received", failed: "failed", pending: "sent" };
const PAGE = 10;
export const FAKE_TEXTS = 34;

function text(n: number): HistoryRow {
  const state = STATES[n % STATES.length]!;
  const posted = Date.now() - n * 90_000;
  return {
    id: `m-${n}`, conversation_id: "c-00000", direction: state === "received" ? "in" : "out", state, status: STATUS[state], raw: RAW[state],
    identifiers: state === "received" ? [] : [`MT${n}-1`], posted_at: new Date(posted).toISOString(),
    delivered_at: state === "delivered" ? new Date(posted + 4000).toISOString() : null,
    error: state === "failed" ? { code: "001", text: "", fr: "Ce numéro n’existe pas", en: "This number does not exist", final: true, wrong_number: true } : null,
    number: `+229 01 97 00 00 ${String(n).padStart(2, "0")}`, name: n % 3 ? null : "Afi Soglo", text: `Texto numéro ${n}`,
    line: "1919 · Assistance", link: "Opérateur A (démo)", parts: n % 5 ? 1 : 2, author: "bot",
  };
}

export class FakeHistory {
  /** What was asked for, newest last. */
  readonly asked: string[] = [];
  readonly files: Record<string, unknown>[] = [];
  total: { total: number | null; exact: boolean } = { total: FAKE_TEXTS, exact: true };
  /** The server looks at so many texts for one page. */
  reach = Infinity;

  route(method: string, path: string, search: URLSearchParams, body: Record<string, unknown>): Answer {
    this.asked.push(`${path}?${search.toString()}`);
    if (path === "/api/history/total") return ok(search.get("exact") === "true" ? { total: 1_234_567, exact: true } : this.total);
    if (path === "/api/history/exports") return method === "POST" ? this.#export(body) : ok({ items: this.files });
    if (path !== "/api/history") return refuse(404, "not_found");
    const state = search.get("state");
    const matching = Array.from({ length: FAKE_TEXTS }, (_, n) => n).filter((n) => state === null || text(n).state === state);
    const from = Number(search.get("after") ?? 0);
    const looked = matching.filter((n) => n >= from && n < from + this.reach);
    const shown = looked.slice(0, PAGE).filter((n) => !search.has("text") || n === 33);
    const next = looked.length > PAGE ? looked[PAGE]! : from + this.reach < FAKE_TEXTS ? from + this.reach : null;
    return ok({ items: shown.map(text), links: [{ id: "link-a", name: "Opérateur A (démo)" }], next: next === null ? null : String(next), searched_to: next === null ? null : text(next).posted_at });
  }

  #export(body: Record<string, unknown>): Answer {
    const now = new Date().toISOString();
    this.files.unshift({ id: `f-${this.files.length}`, form: body.form, state: "done", progress: 1, rows: 34, octets: 5000, is_cut: false, filters: body, created_at: now, kept_until: now });
    return { status: 201, body: this.files[0] };
  }
}

const flow = (id: string | null, name: string, times: number): TrafficFlow => {
  const some = (n: number) => ({ received: n * times, sent: 2 * n * times, delivered: n * times, failed: times });
  return {
    id, name, minute: some(3), hour: some(80), today: some(900), waiting: 4 * times, oldest_since: new Date(Date.now() - 65_000).toISOString(),
    per_minute: Array.from({ length: 60 }, (_, minute) => [minute % 7, minute % 5]),
  };
};

export const fakeTraffic = (): Answer =>
  ok({
    at: new Date().toISOString(), counted_since: null, most_waiting: 20_000, total: flow(null, "", 2),
    lines: LINES.map(({ id, name, address }) => flow(id, `${name} (${address})`, 1)), links: [flow("link-a", "Opérateur A (démo)", 2)],
  });

export const TARGETS = (["first", "next", "resolution"] as const).map((kind) => ({ queue_id: "q", queue: "Service clients", kind, met: 1280, missed: 20, warned: 64, share: 0.9846, answered: 1310, wall_s: 5400, business_s: 612 }));
