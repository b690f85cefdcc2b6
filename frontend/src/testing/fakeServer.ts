/** Palabre's server in memory, to develop and to test every screen: it answers through `window.fetch` and `window.WebSocket`. */
import type { Agent, Counts, Density, Message, Row, Theme } from "@/api/types";
import type { ServerEvent } from "@/realtime/events.gen";
import { AWA, LINES, PEOPLE, QUEUES, makeAgents } from "./cast";
import { adminRoutes } from "./fakeAdmin";
import { listed, peopleRoutes } from "./fakeList";
import { FakeAttachments } from "./fakeAttachments";
import { filterRoutes, passageRoutes } from "./fakeFilter";
import { rulesRoutes } from "./fakeRules";
import { hideTexts, makeConversations, makeMessage, type FakeConversation, type Scenario } from "./fakeData";
import { FakeHistory, fakeTraffic, TARGETS } from "./fakeHistory";
import { FakeReplies } from "./fakeReplies";
import { FakeRouting } from "./fakeRouting";
import { newTextRoutes } from "./fakeSending";
import { FakeSecurity } from "./fakeSecurity";
import { FakeSocket } from "./fakeSocket";
import { FakeStaffing } from "./fakeStaffing";

export interface FakeOptions {
  scenario?: Scenario;
  signedInAs?: string | null;
  language?: "fr" | "en";
  theme?: "system" | "light" | "dark";
  /** Signed in as somebody who may only look: no text, no name. */
  observer?: boolean;
  attachments?: boolean;
  latency?: number; // ms before each answer
}

export interface Answer {
  status: number;
  body?: unknown;
}

type NewEvent = ServerEvent extends infer E ? (E extends ServerEvent ? Omit<E, "seq" | "at"> : never) : never;
export const ok = (body: unknown, status = 200): Answer => ({ status, body });
export const refuse = (status: number, code: string, message = code): Answer => ({ status, body: { error: { code, message } } });

export class FakeServer {
  readonly history = new FakeHistory();
  readonly staffing = new FakeStaffing();
  readonly attachments = new FakeAttachments();
  readonly replies = new FakeReplies();
  readonly routing = new FakeRouting(this);
  agents: Agent[] = makeAgents();
  conversations = new Map<string, FakeConversation>();
  events: ServerEvent[] = [];
  head = 100;
  epoch = 1;
  me: string | null;
  readonly security = new FakeSecurity();
  offline = false;
  broken = false;
  /** Every answer is refused, though no screen can hear beforehand why. */
  refuses = false;
  sockets = new Set<FakeSocket>();
  sent: string[] = [];
  readonly preferences: { language: "fr" | "en"; theme: Theme; density: Density; single_keys: boolean };
  #timers = new Set<ReturnType<typeof setInterval>>();
  #byClient = new Map<string, Message>();

  constructor(readonly options: FakeOptions = {}) {
    this.me = options.signedInAs === undefined ? AWA : options.signedInAs;
    this.preferences = { language: options.language ?? "fr", theme: options.theme ?? "system", density: "roomy", single_keys: true };
    this.attachments.carried = options.attachments === true;
    this.broken = options.scenario === "error";
    for (const one of makeConversations(options.scenario ?? "twelve")) this.conversations.set(one.row.id, one);
    if (options.observer) hideTexts(this.conversations.values());
    this.#recountLoad();
  }

  install(target: { fetch: typeof fetch; WebSocket: typeof WebSocket }): void {
    target.fetch = ((input: RequestInfo | URL, init?: RequestInit) => this.fetch(String(input), init)) as typeof fetch;
    target.WebSocket = FakeSocket as unknown as typeof WebSocket;
    FakeSocket.accept = (socket) => this.#accept(socket);
    this.#every(5000, () => this.ping());
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    for (const socket of this.sockets) socket.shut(1001);
  }

  #every(ms: number, act: () => void): void {
    this.#timers.add(setInterval(act, ms));
  }

  // ---- realtime -------------------------------------------------------------------------------------------------

  #accept(socket: FakeSocket): boolean {
    if (this.offline) return false;
    this.sockets.add(socket);
    socket.left = () => this.sockets.delete(socket);
    socket.heard = (message) => {
      if (message.type === "watch") socket.watching = message.conversations;
      if (message.type === "hello") {
        if (message.epoch !== this.epoch) socket.say({ type: "reset" });
        else {
          const missed = this.events.filter((event) => event.seq > (message.cursor ?? this.head));
          if (missed.length > 0)
            socket.say({
              type: "frame", epoch: this.epoch, after: message.cursor ?? this.head, upto: this.head, rows_upto: this.head,
              events: missed, rows: missed.flatMap((event) => ("conversation" in event ? [event.conversation] : [])),
            });
        }
        this.ping();
      }
    };
    return true;
  }

  ping(): void {
    for (const socket of this.sockets)
      socket.say({ type: "ping", epoch: this.epoch, upto: this.head, rows_upto: this.head, at: new Date().toISOString(), key: "k" });
  }

  emit(event: NewEvent): ServerEvent {
    const after = this.head;
    this.head += 1;
    const full = { ...event, seq: this.head, at: new Date().toISOString() } as ServerEvent;
    this.events.push(full);
    this.#recountLoad();
    const counts = this.counts();
    for (const socket of this.sockets) {
      const rows = "conversation" in full && full.conversation ? [full.conversation] : [];
      socket.say({ type: "frame", epoch: this.epoch, after, upto: this.head, rows_upto: this.head, events: [full], rows });
      socket.say({ type: "counts", counts });
    }
    return full;
  }

  goOffline(): void {
    this.offline = true;
    for (const socket of [...this.sockets]) socket.shut(1006);
  }

  // ---- what happens in the world ----------------------------------------------------------------------------------

  conversation(id: string): FakeConversation {
    const one = this.conversations.get(id);
    if (!one) throw new Error(`no conversation ${id}`);
    return one;
  }

  #append(one: FakeConversation, part: Parameters<typeof makeMessage>[1]): Message {
    const message = makeMessage(one.row.last_seq + 1, part);
    one.messages.push(message);
    const counted = message.kind === "incoming" || message.kind === "outgoing";
    one.row = {
      ...one.row,
      revision: one.row.revision + 1,
      last_seq: message.seq,
      last_message: counted
        ? { kind: message.kind, author: message.author.kind, preview: message.body.slice(0, 120), at: message.at }
        : one.row.last_message,
    };
    return message;
  }

  #change(one: FakeConversation, change: Partial<Row>): Row {
    one.row = { ...one.row, ...change, revision: one.row.revision + 1 };
    return one.row;
  }

  receive(id: string, body: string): void {
    const one = this.conversation(id);
    const at = new Date().toISOString();
    const message = this.#append(one, { kind: "incoming", body, at });
    this.#change(one, { unread: one.row.unread + 1, waiting_since: one.row.status === "bot" ? null : (one.row.waiting_since ?? at) });
    this.emit({ type: "message.received", conversation: one.row, message });
  }

  /** Moves a delivery forward and tells the desks. */
  progress(id: string, message: Message, status: NonNullable<Message["delivery"]>["status"], error: NonNullable<Message["delivery"]>["error"] = null): void {
    if (!message.delivery) return;
    message.delivery = { ...message.delivery, status, error };
    this.emit({
      type: "deliveries.progressed",
      deliveries: [{ conversation_id: id, message_id: message.id, seq: message.seq, status, error }],
    });
  }

  #say(one: FakeConversation, kind: "outgoing" | "note", clientId: string, body: string): Answer {
    const known = this.#byClient.get(clientId);
    if (known) return ok(known);
    const me = this.#meAgent();
    if (kind === "outgoing" && one.row.status === "closed") return refuse(409, "closed");
    if (kind === "outgoing" && (this.refuses || one.row.owner_id !== me.id)) return refuse(409, "not_owner");
    if (body.trim() === "") return refuse(422, "empty");
    const message = this.#append(one, {
      kind, body, at: new Date().toISOString(), client_id: clientId, author: { kind: "agent", id: me.id, name: me.name },
      delivery: kind === "note" ? null : { status: "queued", error: null, parts: 1, encoding: "gsm7", link_id: null },
    });
    this.#byClient.set(clientId, message);
    if (kind === "outgoing") {
      this.sent.push(body);
      this.#change(one, { waiting_since: null, unread: 0 });
      setTimeout(() => this.progress(one.row.id, message, "sent"), 700);
      setTimeout(() => this.progress(one.row.id, message, "delivered"), 1900);
    }
    this.emit({ type: "message.added", conversation: one.row, message });
    return ok(message);
  }

  #event(one: FakeConversation, type: "conversation.assigned" | "conversation.returned" | "conversation.snoozed" | "conversation.closed", change: Partial<Row>, facts: Record<string, unknown>): Answer {
    const me = this.#meAgent();
    this.#change(one, change);
    const message = this.#append(one, {
      kind: "event", body: "", at: new Date().toISOString(), author: { kind: "agent", id: me.id, name: me.name }, event: { type, ...facts },
    });
    this.emit({ type, conversation: one.row, message });
    return ok(one.row);
  }

  /** Gives a conversation to whoever is signed in. */
  take(id: string): Answer {
    const change = { status: "open" as const, owner_id: this.me };
    return this.#event(this.conversation(id), "conversation.assigned", change, { owner_id: this.me, owner_name: this.#meAgent().name });
  }

  #close(one: FakeConversation, disposition: string | null): Answer {
    const refusal = this.routing.mustSay(one.row, disposition);
    if (refusal) return refusal;
    const change = { status: "closed" as const, closed_at: new Date().toISOString(), waiting_since: null, disposition_id: disposition };
    const answer = this.#event(one, "conversation.closed", change, {});
    this.routing.closed(one.row, disposition);
    return answer;
  }

  #meAgent(): Agent {
    return this.agents.find((agent) => agent.id === this.me)!;
  }

  #recountLoad(): void {
    for (const agent of this.agents)
      agent.load = [...this.conversations.values()].filter(({ row }) => row.owner_id === agent.id && row.status === "open").length;
    for (const agent of this.agents) agent.load = Math.min(agent.load, agent.capacity);
  }

  counts(): Counts {
    const rows = [...this.conversations.values()].map(({ row }) => row);
    const queued = rows.filter((row) => row.status === "queued");
    const longest = (some: Row[]) => some.map((row) => row.waiting_since).filter((at) => at !== null).sort()[0] ?? null;
    const mine = rows.filter((row) => row.owner_id === this.me && row.status === "open");
    return {
      mine: { open: mine.length, snoozed: rows.filter((row) => row.owner_id === this.me && row.status === "snoozed").length, unread: mine.filter((row) => row.unread > 0).length },
      queue: { waiting: queued.length, longest_since: longest(queued) },
      all: {
        open: rows.filter((row) => row.status === "open").length,
        bot: rows.filter((row) => row.status === "bot").length,
        queued: queued.length,
      },
      by_line: Object.fromEntries(
        LINES.map((line) => {
          const some = queued.filter((row) => row.line_id === line.id);
          return [line.id, { waiting: some.length, longest_since: longest(some), live: rows.filter((row) => row.line_id === line.id && row.status !== "closed").length }];
        }),
      ),
    };
  }

  // ---- REST -------------------------------------------------------------------------------------------------------

  async fetch(input: string, init: RequestInit = {}): Promise<Response> {
    await new Promise((resolve) => setTimeout(resolve, this.options.latency ?? 0));
    if (init.signal?.aborted) throw new DOMException("aborted", "AbortError");
    if (this.offline) throw new TypeError("Failed to fetch");
    const url = new URL(input, "http://desk.test");
    const body = typeof init.body === "string" ? (JSON.parse(init.body) as Record<string, unknown>) : {};
    const answer = this.#route(init.method ?? "GET", url.pathname, url.searchParams, body);
    const text = answer.body === undefined ? null : JSON.stringify(answer.body);
    return new Response(text, { status: answer.status, headers: { "Content-Type": "application/json" } });
  }

  #route(method: string, path: string, search: URLSearchParams, body: Record<string, unknown>): Answer {
    if (path === "/api/demo/people") return ok(PEOPLE.map(({ email, name, role }) => ({ email, name, role })));
    if (path === "/api/demo/sign-in" || path === "/_allauth/browser/v1/auth/login") return this.#signIn(path, body);
    if (path === "/_allauth/browser/v1/auth/session" && method === "DELETE") {
      this.me = null;
      return { status: 401, body: {} };
    }
    if (this.me === null) return { status: 401, body: { error: { code: "signed_out", message: "" }, mode: "demo", csrf: "x" } };
    const secured = this.security.route(path, body, this.#meAgent().name) ?? this.routing.route(method, path, body);
    if (secured) return secured;
    if (path === "/api/session" && method === "PATCH") Object.assign(this.preferences, body);
    if (path === "/api/session") return ok(this.#session());
    if (path === "/api/counts") return ok(this.counts());
    const routed = this.routing.views.route(method, path, body) ?? peopleRoutes(this, method, path, search, body) ?? this.replies.route(method, path, body);
    if (routed) return routed;
    if (path === "/api/events") {
      const after = Number(search.get("after"));
      const events = this.events.filter((event) => event.seq > after);
      const rows = events.flatMap((event) => ("conversation" in event ? [event.conversation] : []));
      return ok({ epoch: this.epoch, after, upto: this.head, head: this.head, events, rows });
    }
    if (path === "/api/supervision/live") return ok(this.#live());
    if (path === "/api/supervision/targets") return ok({ start: "2026-11-16", end: "2026-11-22", time_zone: "Africa/Porto-Novo", items: TARGETS });
    if (path === "/api/supervision/traffic") return fakeTraffic();
    if (path === "/api/supervision/staffing") return this.staffing.route(search);
    if (path.startsWith("/api/history")) return this.history.route(method, path, search, body);
    if (path.startsWith("/api/front-filter")) return passageRoutes(path);
    if (path.startsWith("/api/admin/")) return filterRoutes(method, path, search, body) ?? rulesRoutes(method, path, body) ?? adminRoutes(method, path, body);
    if (path.startsWith("/api/texts")) return newTextRoutes(this, path, body, { sent: this.sent, find: (number) => this.#openWith(number) });
    if (path === "/api/conversations") return this.#list(search);
    if (path.includes("/attachments")) return this.attachments.route(method, path, body);
    const found = /^\/api\/conversations\/([^/]+)(?:\/(\w+(?:\/(?:end|cancel))?))?$/.exec(path);
    const one = found?.[1] ? this.conversations.get(found[1]) : undefined;
    if (!found || !one) return refuse(404, "not_found");
    return this.#conversation(method, one, found[2], search, body);
  }

  #conversation(method: string, one: FakeConversation, verb: string | undefined, search: URLSearchParams, body: Record<string, unknown>): Answer {
    const { row } = one;
    const unseen = typeof body.seen === "number" && one.messages.some((message) => message.kind === "incoming" && message.seq > Number(body.seen));
    if (unseen && (verb === "close" || verb === "snooze")) return refuse(409, "new_text");
    switch (verb) {
      case undefined:
        return ok({ conversation: row, contact: one.contact, head: this.head, epoch: this.epoch });
      case "messages": {
        if (method === "POST") return this.#say(one, "outgoing", String(body.client_id), String(body.body));
        const before = Number(search.get("before") ?? Infinity) || Infinity;
        const older = one.messages.filter((message) => message.seq < before);
        const items = older.slice(-Number(search.get("limit") ?? 50));
        return ok({ items, has_more: items.length < older.length, head: this.head, epoch: this.epoch });
      }
      case "wait":
        return ok({ wait: row.status === "queued" ? this.routing.wait : null });
      case "notes":
        return this.#say(one, "note", String(body.client_id), String(body.body));
      case "take":
        if (row.owner_id && row.owner_id !== this.me && row.status === "open") return { status: 409, body: { error: { code: "already_owned", message: "", facts: { owner: "Koffi Mensah" } } } };
        return this.take(row.id);
      case "return":
        return this.#event(one, "conversation.returned", { status: body.to === "bot" ? "bot" : "queued", owner_id: null }, { to: body.to });
      case "close":
        if (row.status === "closed") return ok(row);
        return this.#close(one, (body.disposition_id as string | undefined) ?? null);
      case "reopen":
        if ([...this.conversations.values()].some((other) => other !== one && other.row.status !== "closed" && other.row.contact.address === row.contact.address)) return refuse(409, "newer_open");
        return this.#event(one, "conversation.assigned", { status: "open", owner_id: this.me, closed_at: null }, { type: "reopened", by: "reopened" });
      case "snooze":
      case "wake":
        if (body.text) this.#say(one, "outgoing", ...(Object.values(body.text) as [string, string]));
        return verb === "wake"
          ? this.#event(one, "conversation.assigned", { status: "open", snooze: null }, { by: "hand" })
          : this.#event(one, "conversation.snoozed", { status: "snoozed", snooze: { since: new Date().toISOString(), until: body.until as string | null } }, body);
      case "callback":
      case "callback/end":
        return ok(this.#change(one, { callback_at: verb === "callback" ? String(body.at) : null }));
      case "read":
        if (row.unread > 0) this.emit({ type: "conversation.read", conversation: this.#change(one, { unread: 0 }) });
        return { status: 204 };
      default:
        return this.routing.hand(row, verb, body) ?? refuse(404, "not_found");
    }
  }

  #openWith(number: string) {
    const one = [...this.conversations.values()].find(({ row }) => row.contact.address === number && row.status === "open");
    if (!one) return undefined;
    const { row } = one;
    const owner = this.agents.find(({ id }) => id === row.owner_id)?.name ?? null;
    return { id: row.id, name: row.contact.name, owner, mine: row.owner_id === this.me };
  }

  #signIn(path: string, body: Record<string, unknown>): Answer {
    const person = PEOPLE.find(({ email }) => email === body.email);
    if (!person) return { status: 400, body: { errors: [{ message: "Adresse ou mot de passe incorrect.", code: "email_password_mismatch", param: "password" }] } };
    this.me = person.id;
    return path.startsWith("/api") ? ok({}) : ok({ status: 200 });
  }

  #list(search: URLSearchParams): Answer {
    if (this.broken) return refuse(500, "server_error");
    return ok({ ...listed([...this.conversations.values()].map(({ row }) => row), this.me, search), head: this.head, epoch: this.epoch });
  }

  #session(): unknown {
    const person = PEOPLE.find(({ id }) => id === this.me)!;
    return {
      user: { id: person.id, name: person.name, email: person.email, role: this.options.observer ? "observer" : person.role, ...this.preferences },
      organisation: { id: "org", name: "Savane Assistance", time_zone: "Africa/Porto-Novo", languages: ["fr", "en"], brand: {} },
      lines: this.attachments.lines(LINES), ...this.routing.session(), ...this.routing.views.session(), agents: this.agents, presence: { ...this.#meAgent(), ...(this.options.observer ? { state: "offline", capacity: 0 } : {}) }, mode: "demo", epoch: this.epoch, head: this.head,
      at: new Date().toISOString(), csrf: "x", phone_page: "http://127.0.0.1:8001/",
    };
  }

  #live(): unknown {
    const { queue, all, by_line } = this.counts();
    const rows = [...this.conversations.values()].map(({ row }) => row);
    return {
      at: new Date().toISOString(), waiting: queue.waiting, longest_since: queue.longest_since, open: all.open, bot: all.bot,
      live: all.open + all.bot + all.queued,
      queues: QUEUES.map((one) => ({ ...one, waiting: queue.waiting, longest_since: queue.longest_since, open: all.open })),
      agents: this.agents,
      lines: LINES.map(({ id, name }) => ({ id, name, waiting: by_line[id]!.waiting, open: rows.filter((row) => row.line_id === id && row.status === "open").length })),
    };
  }
}
