/** The part of the fake server that keeps lists, tags, attributes and front filters. */
import type { Attribute, FrontFilter, ListUpload, NumberList, Tag } from "@/api/types";
import { LINES } from "./cast";
import { ok, refuse, type Answer } from "./fakeServer";

const now = () => new Date().toISOString();

interface Kept {
  lists: NumberList[];
  numbers: Record<string, string[]>;
  tags: Tag[];
  attributes: Attribute[];
  uploads: ListUpload[];
  pieces: Record<string, string[]>;
  filters: Record<string, FrontFilter>;
}

const fresh = (): Kept => ({
  lists: [{ id: "list-partners", name: "Distributeurs", kind: "partners", size: 1, changed_at: now() }],
  numbers: { "list-partners": ["+2290197000001"] },
  tags: [{ id: "tag-vip", name: "VIP" }],
  attributes: [{ id: "attribute-points", key: "points", name: "Points", type: "number", choices: [] }],
  uploads: [],
  pieces: {},
  filters: {},
});

export let kept = fresh();
export function forgetLists(): void {
  kept = fresh();
}

const emptyFilter = (line_id: string): FrontFilter => ({
  line_id, revision: "0", is_enabled: false, checks: [], way: { outcome: "admit", queue_id: null, priority: 0, reply: "", bot_first: true },
});

/** Of numbers given as nine to ten digits of Benin. */
const e164 = (raw: string) => `+229${raw.replace(/\D/g, "").replace(/^229/, "")}`;

export function filterRoutes(method: string, path: string, search: URLSearchParams, body: Record<string, unknown>): Answer | null {
  const [, , , kind = "", id = "", deed = ""] = path.split("/");
  const asked = search.get("number") ?? "";
  if (kind === "lists") return listRoutes(method, id, deed, body, asked);
  if (kind === "uploads") return uploadRoutes(method, id, deed, body);
  if (kind === "tags") return tagRoutes(method, id, body);
  if (kind === "attributes") return method === "GET" ? ok({ items: kept.attributes }) : refuse(404, "not_found");
  if (kind === "lines" && deed === "filter") return lineRoutes(method, path, id, body);
  return null;
}

function listRoutes(method: string, id: string, deed: string, body: Record<string, unknown>, asked: string): Answer {
  const list = kept.lists.find((one) => one.id === id);
  if (!id && method === "GET") return ok({ items: kept.lists });
  if (!id) {
    const made = { id: `list-${kept.lists.length}`, name: String(body.name), kind: String(body.kind ?? ""), size: 0, changed_at: now() };
    kept.lists.push(made);
    kept.numbers[made.id] = [];
    return ok(made, 201);
  }
  if (!list) return refuse(404, "no_list");
  if (deed === "numbers" && method === "GET") return ok({ number: e164(asked), is_in: kept.numbers[id]!.includes(e164(asked)) });
  if (deed === "uploads" && method === "GET") return ok({ items: kept.uploads.filter((one) => one.list_id === id), piece: 8, largest: 100 });
  if (deed === "uploads") {
    const octets = Number(body.octets);
    const upload: ListUpload = {
      id: `upload-${kept.uploads.length}`, list_id: id, name: String(body.name), replaces: Boolean(body.replaces), octets,
      pieces: Math.ceil(octets / 8), missing: [], state: "receiving", progress: 0, error: "", facts: {}, created_at: now(),
    };
    kept.uploads.unshift(upload);
    kept.pieces[upload.id] = [];
    return ok(upload, 201);
  }
  return refuse(404, "not_found");
}

function uploadRoutes(method: string, id: string, deed: string, body: Record<string, unknown>): Answer {
  const upload = kept.uploads.find((one) => one.id === id);
  if (!upload) return refuse(404, "no_upload");
  if (deed === "pieces") {
    kept.pieces[id]![Number(body.number)] = atob(String(body.content));
    return ok({ id });
  }
  if (deed === "finish") upload.state = "working";
  else if (method === "GET") {
    const lines = kept.pieces[id]!.join("").split("\n").filter(Boolean);
    const numbers = lines.filter((line) => /^\+?\d{8,}$/.test(line));
    Object.assign(upload, { state: "done", progress: 1, facts: { lines: lines.length, taken: numbers.length, doubles: 0, bad: lines.length - numbers.length, size: numbers.length } });
    if (upload.list_id !== null) kept.numbers[upload.list_id] = numbers;
  }
  return ok(upload);
}

function tagRoutes(method: string, id: string, body: Record<string, unknown>): Answer {
  if (method === "DELETE") {
    kept.tags = kept.tags.filter((one) => one.id !== id);
    return ok({ id });
  }
  if (method === "GET") return ok({ items: kept.tags });
  const made = { id: `tag-${kept.tags.length}`, name: String(body.name) };
  kept.tags.push(made);
  return ok(made, 201);
}

function lineRoutes(method: string, path: string, id: string, body: Record<string, unknown>): Answer {
  if (!LINES.some((line) => line.id === id)) return refuse(404, "no_line");
  if (path.endsWith("/try")) {
    const draft = (body.filter as FrontFilter | null) ?? kept.filters[id] ?? emptyFilter(id);
    const said = body.text === "STOP" ? "opt_out" : "";
    const number = e164(String(body.number));
    const steps = [];
    for (const [index, check] of draft.checks.entries()) {
      const inside = check.thing_id !== null && (kept.numbers[check.thing_id] ?? []).includes(number);
      const passed = check.kind === "in_list" && inside;
      steps.push({ place: index + 1, passed, seen: inside ? "in" : "out" });
      if (passed) return ok({ number, is_known: true, place: index + 1, steps, way: check.way, said });
    }
    return ok({ number, is_known: false, place: 0, steps, way: draft.way, said });
  }
  if (method === "PUT") {
    const given = body as unknown as FrontFilter;
    const before = kept.filters[id] ?? emptyFilter(id);
    if (given.revision !== before.revision) return refuse(409, "changed_meanwhile");
    const bad = given.checks.findIndex((check) => check.kind === "in_list" && !check.thing_id);
    if (bad >= 0) return { status: 422, body: { error: { code: "unknown_choice", message: "There is no such choice.", fields: { [`checks.${bad + 1}.thing_id`]: "There is no such choice." } } } };
    kept.filters[id] = { ...given, line_id: id, revision: `${Number(before.revision) + 1}`, checks: given.checks.map((check, index) => ({ ...check, id: check.id ?? `check-${index}` })) };
  }
  return ok(kept.filters[id] ?? emptyFilter(id));
}

export function passageRoutes(path: string): Answer {
  if (path === "/api/front-filter") {
    const counts = [{ check_id: null, outcome: "answer", today: 2, week: 12 }, { check_id: "c", outcome: "admit", today: 5, week: 30 }];
    return ok({ items: LINES.map(({ id, name, address }, index) => ({ id, name, address, is_filtered: index > 0, counts: index > 0 ? counts : [] })) });
  }
  if (path.includes("/days")) return ok({ items: [{ day: "2026-11-21", check_id: null, outcome: "answer", count: 12 }, { day: "2026-11-21", check_id: "c", outcome: "admit", count: 30 }], checks: [] });
  return ok({ items: [{ conversation_id: "c1", at: now(), number: "+2290197000002", outcome: "answer", check_id: null, place: 0, silence: "too_many" }], next: null });
}
