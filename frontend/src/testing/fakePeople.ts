/** People and the search of the fake server: enough of both to try the screens. */
import type { Schemas } from "@/api/types";
import type { Answer, FakeServer } from "./fakeServer";
import type { FakeConversation } from "./fakeData";

type Person = Schemas["PersonPanel"];

const TAGS = [{ id: "t-vip", name: "VIP" }, { id: "t-late", name: "À rappeler" }];
const known = new WeakMap<FakeServer, Map<string, Person>>();
const fold = (text: string) => text.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase();
const ok = (body: unknown): Answer => ({ status: 200, body });
const refuse = (status: number, code: string, message: string): Answer => ({ status, body: { error: { code, message } } });

export function fakePerson(server: FakeServer, contactId: string): Person | undefined {
  const people = known.get(server) ?? new Map<string, Person>();
  known.set(server, people);
  const one = [...server.conversations.values()].find(({ row }) => row.contact.id === contactId);
  if (one && !people.has(contactId)) people.set(contactId, made(one));
  return people.get(contactId);
}

function made({ row }: FakeConversation): Person {
  return {
    id: row.contact.id, name: row.contact.name ?? "", language: "fr", tags: [], all_tags: TAGS, lists: [], notes: [], journey: [], open_cases: [], record: null, block: null, merges: [],
    addresses: [{ id: "a", kind: "phone", value: row.contact.address, opted_out_at: null, said: [] }],
    fields: [{ key: "solde", name: "Solde", type: "number", choices: [], value: null }, { key: "offre", name: "Offre", type: "choice", choices: ["Kit", "Or"], value: null }],
    may_block: true, may_merge: true,
  };
}

export function peopleRoutes(server: FakeServer, method: string, path: string, search: URLSearchParams, body: Record<string, unknown>): Answer | null {
  if (path === "/api/search") return searched(server, search);
  const found = /^\/api\/people\/([^/]+)(?:\/(\w+))?/.exec(path);
  if (!found) return null;
  const person = fakePerson(server, found[1]!);
  if (!person) return refuse(404, "no_person", "There is no such person.");
  const verb = found[2];
  if (method === "PATCH") {
    const { name, tag_ids, values } = body as { name?: string; tag_ids?: string[]; values?: Record<string, string | null> };
    if (values?.solde && Number.isNaN(Number(values.solde.replace(",", ".")))) return refuse(422, "attribute_value", "A number is expected.");
    if (name !== undefined) person.name = name.trim();
    if (tag_ids) person.tags = TAGS.filter(({ id }) => tag_ids.includes(id));
    person.fields = person.fields.map((one) => (values && one.key in values ? { ...one, value: values[one.key]! } : one));
  } else if (verb === "notes" && method === "POST")
    person.notes = [{ id: `n${person.notes.length}`, author_id: server.me!, author: "Awa Diallo", body: String(body.body), at: new Date().toISOString(), edited_at: null }, ...person.notes];
  else if (verb === "block") person.block = method === "PUT" ? { reason: String(body.reason), until: body.until as string | null, by: "Sam Houngbédji", at: new Date().toISOString() } : null;
  else if (verb === "alike") return ok({ items: [{ id: "other", name: "Aïcha S.", addresses: ["+2290197000009"], why: "name", attribute: "", said: "", fields: [], language: "fr" }] });
  else if (verb === "merge") person.merges = [{ id: "m1", name: "Aïcha S.", addresses: ["+2290197000009"], by: "Sam Houngbédji", at: new Date().toISOString() }];
  else if (verb === "split") person.merges = [];
  return ok({ ...person });
}

function searched(server: FakeServer, search: URLSearchParams): Answer {
  if (server.broken) return refuse(500, "failed", "");
  const q = search.get("q") ?? "";
  const none = { problems: [], taken: [], tags: [], people: { items: [], next: null, alike: false }, conversations: { items: [], next: null }, texts: { items: [], next: null }, did_you_mean: [], slow: false };
  if (/^couleur:/.test(q)) return ok({ ...none, problems: [{ code: "unknown_field", field: "couleur", value: "bleu", near: [] }] });
  const wanted = fold(q);
  const all = [...server.conversations.values()];
  const people = all.filter(({ row }) => fold(row.contact.name ?? "").includes(wanted) || row.contact.address.includes(wanted));
  const hits = all.flatMap((one) => one.messages.filter((message) => wanted !== "" && fold(message.body).includes(wanted)).map((message) => ({ one, message })));
  const start = Number(search.get("after") ?? 0);
  return ok({
    ...none,
    people: { items: people.slice(0, 5).map(({ row }) => ({ id: row.contact.id, name: row.contact.name ?? "", addresses: [row.contact.address], conversation_id: row.id })), next: null, alike: false },
    texts: {
      items: hits.slice(start, start + 5).map(({ one: { row }, message }) => {
        const at = fold(message.body).indexOf(wanted);
        const parts = [message.body.slice(0, at), message.body.slice(at, at + q.length), message.body.slice(at + q.length)].map((text, index) => ({ text, hit: index === 1 }));
        return { conversation_id: row.id, message_id: `${row.id}-${message.seq}`, seq: message.seq, at: message.at, kind: message.kind, author: message.author.kind, line_id: row.line_id, status: row.status, contact: row.contact, parts };
      }),
      next: start + 5 < hits.length ? String(start + 5) : null,
    },
    did_you_mean: people.length + hits.length === 0 && q === "solda" ? ["solde"] : [],
  });
}
