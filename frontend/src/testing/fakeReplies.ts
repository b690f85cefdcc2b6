/** The part of the fake server that keeps canned replies, drafts, and texts that leave later. */
import type { Schemas } from "@/api/types";
import { AWA } from "./cast";
import { ok, type Answer } from "./fakeServer";

type Canned = Schemas["CannedView"];
type Draft = Schemas["ReplyDraft"];
type Scheduled = Schemas["ScheduledView"];

const canned = (shortcut: string, title: string, fr: string, more: Partial<Canned> = {}): Canned => ({
  id: `canned-${shortcut}`, scope: "all", team_id: null, shortcut, title, fr, en: "", tags: [], line_ids: [], mine: 0, uses: 0, ...more,
});

export class FakeReplies {
  items: Canned[] = [
    canned("bienvenue", "Bienvenue", "Bonjour {contact.name}, ici {agent.name}.", { en: "Hello {contact.name}, this is {agent.name}.", mine: 3 }),
    canned("fete", "Bonne fête", "Bonne fête à vous !"),
    canned("agence", "Votre agence", "Votre agence est à {contact.city}."),
  ];
  values: Record<string, string> = { "contact.name": "Ida {agent.name}", "agent.name": "Awa" };
  drafts = new Map<string, Draft>();
  scheduled: Scheduled[] = [];
  left: Schemas["ColleaguesDraft"][] = [];
  used: string[] = [];
  /** No draft is kept, as while the server cannot write. */
  keepsNoDraft = false;

  route(method: string, path: string, body: Record<string, unknown>): Answer | null {
    if (path === "/api/replies/used") {
      this.used.push(String(body.reply_id));
      return { status: 204 };
    }
    const own = this.items.filter(({ scope }) => scope === "personal");
    if (path === "/api/replies/own") {
      if (method === "GET") return ok({ items: own });
      if (this.items.some(({ shortcut }) => shortcut === body.shortcut))
        return { status: 422, body: { error: { code: "shortcut_taken", message: "Taken", fields: { shortcut: "Another reply has this shortcut." } } } };
      this.items.push({ ...canned("", "", ""), ...(body as Partial<Canned>), scope: "personal", id: `own-${this.items.length}` });
      return ok(this.items.at(-1), 201);
    }
    const one = /^\/api\/replies\/own\/(.+)$/.exec(path)?.[1];
    if (one) {
      this.items = this.items.filter(({ id }) => id !== one);
      return { status: 204 };
    }
    if (path === "/api/drafts") return ok({ items: [...this.drafts.values()].filter(({ text }) => text !== "") });
    const later = /^\/api\/scheduled\/(.+)$/.exec(path)?.[1];
    if (later) {
      if (method === "DELETE") this.scheduled = this.scheduled.filter(({ id }) => id !== later);
      else this.scheduled = this.scheduled.map((given) => (given.id === later ? { ...given, ...(body as Partial<Scheduled>) } : given));
      return method === "DELETE" ? { status: 204 } : ok(this.scheduled.find(({ id }) => id === later));
    }
    const [, conversation, verb] = /^\/api\/conversations\/([^/]+)\/(replies|draft|scheduled)$/.exec(path) ?? [];
    if (verb === "replies") return ok({ items: this.items, values: { fr: this.values, en: this.values }, names: Object.keys(this.values) });
    if (verb === "draft") return method === "GET" ? ok({ others: this.left }) : this.#draft(conversation!, body);
    if (verb === "scheduled" && method === "GET") return ok({ items: this.scheduled });
    if (verb === "scheduled") {
      this.scheduled.push({ id: `later-${this.scheduled.length}`, body: String(body.body), at: String(body.at), unless_answered: body.unless_answered === true, state: "pending", reason: "", overtaken: false, by_id: AWA, by: "Awa" });
      return ok(this.scheduled.at(-1), 201);
    }
    return null;
  }

  #draft(conversation: string, body: Record<string, unknown>): Answer {
    if (this.keepsNoDraft) return { status: 503, body: { error: { code: "unavailable", message: "" } } };
    const key = `${String(body.mode)} ${conversation}`;
    const now = this.drafts.get(key);
    if (now && now.browser !== body.browser && now.text !== "" && now.text !== body.text && now.revision !== body.based_on)
      return { status: 409, body: { error: { code: "draft_elsewhere", message: "", facts: { text: now.text, revision: String(now.revision), at: now.at } } } };
    const made = { conversation_id: conversation, mode: String(body.mode), text: String(body.text), browser: String(body.browser), revision: (now?.revision ?? 0) + 1, at: new Date().toISOString() };
    this.drafts.set(key, made);
    return ok(made);
  }

  /** He writes in another browser. */
  writesElsewhere(conversation: string, text: string): void {
    this.#draft(conversation, { mode: "reply", text, browser: "elsewhere", based_on: this.drafts.get(`reply ${conversation}`)?.revision });
  }
}
