/** Conversations for the fake server: believable, the same at each start, and as many as the scenario asks. */
import type { ContactDetail, Message, Row } from "@/api/types";
import { AWA, KOFFI, LINES, LONG_NAMES, MARIAM, NAMES, QUEUES, TALKS, fakeId } from "./cast";

export interface FakeConversation {
  row: Row;
  contact: ContactDetail;
  messages: Message[];
}

const iso = (minutesAgo: number) => new Date(Date.now() - minutesAgo * 60_000).toISOString();

export function phone(n: number): string {
  const tail = String(10_000_000 + ((n * 7_654_321) % 89_999_999));
  return `+2290197${tail.slice(0, 6)}`;
}

export function makeMessage(seq: number, part: Partial<Message> & Pick<Message, "kind" | "body" | "at">): Message {
  return {
    id: `m-${Math.random().toString(36).slice(2)}`,
    seq,
    author: { kind: "contact", id: null, name: null },
    client_id: null,
    delivery: null,
    event: null,
    gap: null,
    attachments: [],
    ...part,
  };
}

const delivered = { status: "delivered" as const, error: null, parts: 1, encoding: "gsm7" as const, link_id: "link-a" };

/** One conversation whose customer has waited for `waiting` minutes (null: answered). */
function makeConversation(n: number, name: string | null, status: Row["status"], owner: string | null, age: number): FakeConversation {
  const talk = TALKS[n % TALKS.length]!;
  const waiting = status !== "bot" && status !== "closed" && n % 4 !== 3;
  const messages: Message[] = [];
  const add = (part: Partial<Message> & Pick<Message, "kind" | "body" | "at">) =>
    messages.push(makeMessage(messages.length + 1, part));
  const start = age + 4;
  add({ kind: "incoming", body: talk[0]!, at: iso(start) });
  add({ kind: "outgoing", body: talk[1]!, at: iso(start - 0.2), author: { kind: "bot", id: null, name: null }, delivery: delivered });
  add({ kind: "incoming", body: talk[2]!, at: iso(age) });
  if (status !== "bot") {
    add({
      kind: "event", body: "", at: iso(age - 0.02), author: { kind: "system", id: null, name: null },
      event: { type: "conversation.queued", reason: "asked" },
    });
  }
  const ownerName = { [AWA]: "Awa Diallo", [KOFFI]: "Koffi Mensah", [MARIAM]: "Mariam Ouédraogo" }[owner ?? ""] ?? null;
  if (owner) {
    add({
      kind: "event", body: "", at: iso(age - 0.3), author: { kind: "agent", id: owner, name: ownerName },
      event: { type: "conversation.assigned", owner_id: owner, owner_name: ownerName },
    });
    if (!waiting) {
      add({
        kind: "outgoing", body: "Bonjour, je vérifie votre dossier et je reviens vers vous dans un instant.", at: iso(age - 1),
        author: { kind: "agent", id: owner, name: ownerName }, delivery: n % 8 === 3 ? { ...delivered, status: "sent" } : delivered,
      });
    }
  }
  const last = messages.findLast((message) => message.kind !== "event")!;
  const id = fakeId("c", n);
  const contactId = fakeId("p", n);
  const address = phone(n);
  return {
    messages,
    contact: {
      id: contactId,
      name,
      language: talk[0]!.startsWith("Hello") ? "en" : "fr",
      addresses: [{ kind: "phone", value: address }],
      previous: [1, 2].slice(0, n % 3).map((k) => ({
        id: `${id}-old${k}`, opened_at: iso(60 * 24 * (k * 9 + 3)), closed_at: iso(60 * 24 * (k * 9 + 3) - 35), line_id: LINES[k % 2]!.id,
        preview: TALKS[(n + k) % TALKS.length]![2]!,
      })),
      consent: { opted_out_at: null, source: null, may_answer: true },
      wrong_number: n === 6 ? { code: "001", fr: "Ce numéro n’existe pas", en: "This number does not exist", times: 2, first_at: iso(9000), last_at: iso(300) } : null,
    },
    row: {
      id,
      revision: 1,
      status,
      line_id: LINES[n % 5 === 4 ? 1 : 0]!.id,
      queue_id: status === "bot" ? null : QUEUES[0]!.id,
      owner_id: owner,
      contact: { id: contactId, name, address, language: "fr" },
      last_seq: messages.at(-1)!.seq,
      last_message: { kind: last.kind, author: last.author.kind, preview: last.body, at: last.at },
      waiting_since: waiting ? iso(age) : null,
      opened_at: iso(start),
      queued_at: status === "bot" ? null : iso(age - 0.02),
      closed_at: status === "closed" ? iso(age - 8) : null,
      unread: waiting && owner ? 1 + (n % 3) : 0,
      priority: 0,
      deadline: null,
      callback_at: null,
      snooze: null,
      tags: [],
      vip: false,
      failed: false,
      handover: status === "bot" ? null : { reason: n % 2 ? "asked" : "unsure", summary: `Le client signale : « ${talk[2]} ». Solde consulté, aucune action faite.` },
    },
  };
}

export type Scenario = "twelve" | "empty" | "thousand" | "long" | "error" | "offline";

const AGES = [0.4, 1.2, 2.3, 3.1, 4.4, 6, 8.5, 12, 14, 19, 26, 41];

export function makeConversations(scenario: Scenario): FakeConversation[] {
  if (scenario === "empty") return [];
  const names = scenario === "long" ? LONG_NAMES : NAMES;
  const count = scenario === "thousand" ? 1000 : 12;
  const all: FakeConversation[] = [];
  for (let n = 0; n < count; n += 1) {
    const name = names[n % names.length]!;
    // Two of five are mine, two wait in the queue, the rest are the bot's or a colleague's.
    const kind = n % 12;
    const age = scenario === "thousand" ? 0.3 + n * 0.9 : AGES[n]!;
    if (kind < 5) all.push(makeConversation(n, name, "open", AWA, age));
    else if (kind < 8) all.push(makeConversation(n, name, "queued", null, age));
    else if (kind < 9) all.push(makeConversation(n, name, "open", KOFFI, age));
    else if (kind < 11) all.push(makeConversation(n, name, "bot", null, age));
    else all.push(makeConversation(n, name, "closed", AWA, age));
  }
  enrich(all[0]!, scenario);
  return all;
}

/** The first conversation shows every look of the thread: bot, event, note, all ticks, a failure, two days. */
function enrich(one: FakeConversation, scenario: Scenario): void {
  const { messages, row } = one;
  const awa = { kind: "agent" as const, id: AWA, name: "Awa Diallo" };
  messages.length = 0;
  const add = (part: Partial<Message> & Pick<Message, "kind" | "body" | "at">) =>
    messages.push(makeMessage(messages.length + 1, part));
  const bot = { kind: "bot" as const, id: null, name: null };
  const system = { kind: "system" as const, id: null, name: null };
  add({ kind: "incoming", body: "Bonsoir", at: iso(1290) });
  add({ kind: "outgoing", body: "Bonsoir ! Je suis l'assistant Savane. Solde, forfait ou conseiller ?", at: iso(1289.8), author: bot, delivery: delivered });
  add({ kind: "incoming", body: "solde", at: iso(1288) });
  add({ kind: "outgoing", body: "Votre solde est de 1 250 F, valable jusqu'au 3 décembre.", at: iso(1287.9), author: bot, delivery: delivered });
  add({ kind: "incoming", body: "Bonjour, mon forfait internet ne marche plus depuis hier soir, j'ai pourtant recharge 2000F", at: iso(24) });
  add({ kind: "outgoing", body: "Je n'ai pas bien compris. Répondez 1 pour le forfait, 2 pour un conseiller.", at: iso(23.8), author: bot, delivery: delivered });
  add({ kind: "incoming", body: "2", at: iso(23) });
  add({ kind: "event", body: "", at: iso(22.9), author: system, event: { type: "conversation.queued", reason: "asked" } });
  add({ kind: "event", body: "", at: iso(22), author: awa, event: { type: "conversation.assigned", owner_id: AWA, owner_name: "Awa Diallo" } });
  add({ kind: "note", body: "Recharge de 2 000 F visible à 19 h 42, pass non activé. Vu avec la facturation (Koffi).", at: iso(20), author: awa });
  add({ kind: "outgoing", body: "Bonjour Adjoa, je suis Awa. Je vois bien votre recharge de 2 000 F ; je réactive votre pass.", at: iso(19), author: awa, delivery: delivered });
  add({ kind: "outgoing", body: "C'est fait : éteignez puis rallumez votre téléphone, le pass est valable jusqu'au 28 novembre à minuit.", at: iso(18.5), author: awa, delivery: { ...delivered, parts: 1 } });
  add({
    kind: "outgoing", body: "Dites-moi si tout fonctionne.", at: iso(18.2), author: awa,
    delivery: { ...delivered, status: "failed", error: { code: "0x45", text: "Le téléphone est éteint ou hors réseau", fr: "", en: "", final: true, wrong_number: false } },
  });
  add({ kind: "outgoing", body: "Je reste disponible, répondez à ce message quand vous voulez.", at: iso(5), author: awa, delivery: { ...delivered, status: "sent" } });
  add({ kind: "incoming", body: "Merci Awa, internet marche. Mais le bonus n'est pas arrivé ?", at: iso(2.6) });
  add({
    kind: "incoming", at: iso(2.4),
    body: scenario === "long" ? "Anticonstitutionnellement".repeat(9) + " https://exemple.test/" + "a".repeat(90) : "Il fallait 500 Mo en plus",
  });
  row.last_seq = messages.length;
  row.unread = 2;
  row.waiting_since = iso(2.6);
  row.opened_at = iso(24);
  row.handover = { reason: "asked", summary: "Forfait internet inactif malgré une recharge de 2 000 F hier soir. Le client demande un conseiller." };
  const last = messages.at(-1)!;
  row.last_message = { kind: "incoming", author: "contact", preview: last.body, at: last.at };
  one.contact.previous = [
    { id: "old-1", opened_at: iso(1290), closed_at: iso(1270), line_id: LINES[0]!.id, preview: "Votre solde est de 1 250 F, valable jusqu'au 3 décembre." },
    { id: "old-2", opened_at: iso(60 * 24 * 16), closed_at: iso(60 * 24 * 16 - 44), line_id: LINES[1]!.id, preview: "Merci pour votre aide, bonne journée" },
    { id: "old-3", opened_at: iso(60 * 24 * 52), closed_at: iso(60 * 24 * 52 - 12), line_id: LINES[0]!.id, preview: "ok c'est bon" },
  ];
}

/** What an observer is shown of them. */
export function hideTexts(conversations: Iterable<FakeConversation>): void {
  for (const { row, messages } of conversations) {
    row.contact = { ...row.contact, name: null, address: "+22901••••67" };
    if (row.last_message) row.last_message.preview = "";
    for (const message of messages) message.body = "";
  }
}
