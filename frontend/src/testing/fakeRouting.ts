/** Queues, offers, wrap-ups and states of the fake server. */
import type { Call } from "@/features/calls/api";
import type { AdminAgent, AdminQueue, Consult, Disposition, Offer, Reason, Skill, Transfer, Wait, WrapUp } from "@/api/routing";
import type { Agent, Row } from "@/api/types";
import { AWA, KOFFI, MARIAM, QUEUES } from "./cast";
import { ok, refuse, type Answer, type FakeServer } from "./fakeServer";
import { FakeViews } from "./fakeViews";

const GENERAL = QUEUES[0]!.id;
type Fields = Record<string, unknown>;

const reason = (id: string, name: string, state: Reason["state"], counts_as: Reason["counts_as"], position: number): Reason => ({
  id, name, state, counts_as, position, takes_work: state === "available", is_enabled: true,
});

const REASONS: Reason[] = [
  reason("r-1", "Disponible", "available", "ready", 0),
  reason("r-2", "Réunion", "busy", "work", 1),
  reason("r-3", "Dossiers", "busy", "work", 2),
  reason("r-4", "Pause", "break", "pause", 3),
  reason("r-5", "Repas", "break", "pause", 4),
  reason("r-6", "Formation", "training", "work", 5),
  reason("r-7", "Absent", "away", "absent", 6),
  reason("r-8", "Hors ligne", "offline", "absent", 7),
];

const SKILLS: Skill[] = ["Facturation", "Internet", "Mobile money", "Réclamations", "Anglais"].map((name, n) => ({
  id: `skill-${n}`, name, language: name === "Anglais" ? "en" : "", is_enabled: true, agents: n === 3 ? 0 : 2,
}));

const queue = (id: string, name: string, part: Partial<AdminQueue> = {}): AdminQueue => ({
  id, name, is_enabled: true, priority: 0, points_per_minute: 1, strategy: "best_level", auto_accept: true, ring_s: 20, wrap_up_s: 0, sticky_days: 0, reopen_min: 0, sticky_s: 30, preferred_team_id: null, preferred_team_s: 60, weight: 1,
  most_waiting: 0, full_reply: {}, silence_h: 0, silence_close_h: 24, silence_text: {}, may_pull: false, language_level: 0, dispositions_required: false, on_disconnect: "return", disconnect_grace_s: 60, schedule_id: null,
  ladder: [], ladder_texts: {}, callback_within_s: 7200, wait_p50_s: null, wait_p90_s: null, wait_samples: 0,
  team_ids: [], skills: [], warnings: [], waiting: 3, ...part,
});

const agent = (id: string, name: string, levels: number[]): AdminAgent => ({
  id, name, role: "agent", capacity: 5, load: 0, media: [],
  skills: levels.flatMap((level, n) => (level > 0 ? [{ skill_id: `skill-${n}`, level }] : [])),
});

/** Of an agent: the levels and limits that are named, the rest as it was. */
function merged(agent: AdminAgent, { levels, limits, ...rest }: Fields): Fields {
  const newer = (levels ?? []) as AdminAgent["skills"];
  const bounds = (limits ?? []) as { medium: string; capacity: number | null }[];
  return {
    skills: [...agent.skills.filter((one) => newer.every(({ skill_id }) => skill_id !== one.skill_id)), ...newer.filter(({ level }) => level > 0)],
    media: [...agent.media.filter((one) => bounds.every(({ medium }) => medium !== one.medium)), ...bounds.filter(({ capacity }) => capacity !== null)],
    ...rest,
  };
}

export class FakeRouting {
  offers: Offer[] = [];
  calls: Call[] = [];
  wrapUps: WrapUp[] = [];
  transfers: Transfer[] = [];
  /** Queues that whoever is signed in does not serve. */
  foreign: string[] = [];
  consults: Consult[] = [];
  handed: Fields[] = [];
  declined: string[] = [];
  reasons = REASONS.map((one) => ({ ...one }));
  skills = SKILLS.map((one) => ({ ...one }));
  dispositions: Disposition[] = [];
  queues: AdminQueue[] = [
    queue(GENERAL, QUEUES[0]!.name),
    queue("queue-billing", "Facturation", {
      auto_accept: false, wrap_up_s: 60, priority: 5, waiting: 0, skills: [{ skill_id: "skill-3", least: 4, preferred: 0 }], warnings: ["no_agent_has_skills"],
    }),
  ];
  agents: AdminAgent[] = [agent(AWA, "Awa Diallo", [5, 3, 0, 0, 2]), agent(KOFFI, "Koffi Mensah", [2, 4, 4]), agent(MARIAM, "Mariam Ouédraogo", [0, 0, 5])];
  media = ["sms"];
  /** How each conversation of a queue stands in it. */
  wait: Wait | null = null;
  #made = 0;

  readonly views: FakeViews;

  constructor(private readonly server: FakeServer) {
    this.views = new FakeViews(() => [...server.conversations.values()].map(({ row }) => row));
  }

  session() {
    return {
      queues: this.queues.map(({ id, name, may_pull, auto_accept, wrap_up_s, dispositions_required }) => ({ id, name, may_pull, auto_accept, wrap_up_s, dispositions_required, mine: !this.foreign.includes(id) })),
      reasons: this.reasons.filter((one) => one.is_enabled),
      dispositions: this.dispositions.filter((one) => one.is_enabled),
    };
  }

  // ---- what happens in the world ----------------------------------------------------------------------------------

  /** Offers a conversation to whoever is signed in. */
  /** Something of the signed-in agent's has come due. */
  call(id: string, why: Call["why"], note = ""): void {
    const { row } = this.server.conversation(id);
    const at = new Date(Date.now() - 1000).toISOString();
    Object.assign(row, why === "callback" ? { callback_at: at } : { waiting_since: at }, { revision: row.revision + 1 });
    this.calls = [{ why, at, note, conversation: { ...row } }, ...this.calls];
    this.server.emit({ type: "agent.called", agent: { ...this.#me() } });
  }

  offer(id: string, seconds = 20, part: Partial<Offer> = {}): Offer {
    const now = Date.now();
    this.#made += 1;
    const made: Offer = {
      id: `offer-${this.#made}`, state: "pending", queue_id: GENERAL, queue: QUEUES[0]!.name, weight: 1, made_at: new Date(now).toISOString(),
      expires_at: new Date(now + seconds * 1000).toISOString(), at: new Date(now).toISOString(), skills: [], sender: null, note: "", conversation: this.server.conversation(id).row, ...part,
    };
    this.offers.push(made);
    this.server.emit({ type: "offer.made", agent: this.#me() });
    return made;
  }

  end(id: string): void {
    this.offers = this.offers.filter((one) => one.id !== id);
    this.server.emit({ type: "offer.ended", agent: this.#me() });
  }

  /** The product puts whoever is signed in into a state. */
  put(part: Partial<Agent>): void {
    const agent = Object.assign(this.server.agents.find(({ id }) => id === this.server.me)!, { reason: null, reason_id: null, since: new Date().toISOString() }, part);
    this.server.emit({ type: "agent.state_changed", agent: { ...agent } });
  }

  /** Called when a conversation is closed: its place stays taken where its queue says so. */
  closed(row: Row, disposition: string | null): void {
    const of = this.queues.find(({ id }) => id === row.queue_id);
    if (!of || of.wrap_up_s === 0 || row.owner_id !== this.server.me) return;
    const now = Date.now();
    const until = new Date(now + of.wrap_up_s * 1000).toISOString();
    this.wrapUps.push({
      conversation_id: row.id, queue_id: of.id, since: new Date(now).toISOString(), until, at: new Date(now).toISOString(), disposition_id: disposition,
      disposition_required: of.dispositions_required, conversation: row,
    });
    this.put({ state: "wrap_up", until, set_by: "wrap_up" });
  }

  /** A refusal to close, for want of a disposition. */
  mustSay(row: Row, disposition: unknown): Answer | null {
    const of = this.queues.find(({ id }) => id === row.queue_id);
    if (!of?.dispositions_required || disposition) return null;
    return { status: 422, body: { error: { code: "invalid", message: "Say what came of it.", fields: { disposition_id: "Say what came of it." } } } };
  }

  #disposed(id: string, disposition: string): void {
    const { row } = this.server.conversation(id);
    Object.assign(row, { disposition_id: disposition, revision: row.revision + 1 });
    this.server.emit({ type: "conversation.disposed", conversation: { ...row } });
  }

  #me(): Agent {
    return { ...this.server.agents.find(({ id }) => id === this.server.me)! };
  }

  // ---- REST -------------------------------------------------------------------------------------------------------

  /** null: not a matter of this part. */
  route(method: string, path: string, body: Fields): Answer | null {
    if (path === "/api/calls") return ok({ items: this.calls });
    if (path === "/api/offers") return ok({ items: this.offers });
    if (path === "/api/transfers") return ok({ items: this.transfers });
    if (path === "/api/conversations/reassign") {
      this.handed.push(body);
      const ids = (body.conversation_ids as string[] | undefined) ?? ["c-of-agent"];
      return ok({ items: ids.map((id, place) => ({ id, code: place === 1 ? "agent_full" : "" })) });
    }
    if (path === "/api/consults") return ok({ items: this.consults });
    if (path === "/api/wrap-ups") return ok({ items: this.wrapUps });
    if (path === "/api/presence") return this.#say(body);
    if (path === "/api/presence/focus") return { status: 204 };
    if (path === "/api/presence/idle") {
      this.put(body.idle ? { state: "away", set_by: "idle" } : { state: "available", set_by: "self" });
      return ok(this.#me());
    }
    const [, , kind, id, verb] = path.split("/");
    if (kind === "offers") return this.#answer(id!, verb!, body);
    if (kind === "queues" && verb === "next") return this.#next(id!);
    if (kind === "wrap-ups" && verb === "done") {
      if (body.disposition_id) this.#disposed(id!, String(body.disposition_id));
      this.wrapUps = this.wrapUps.filter((one) => one.conversation_id !== id);
      if (this.wrapUps.length === 0) this.put({ state: "available", until: null, set_by: "wrap_up" });
      return { status: 204 };
    }
    if (kind === "supervision" && id === "agents") return this.#oversee(method, verb!, body);
    return kind === "admin" ? this.#administer(method, path, body) : null;
  }

  consult(row: Row, asker: string, colleague: string, question: string): void {
    const name = (of: string) => this.server.agents.find(({ id }) => id === of)!.name;
    this.consults.push({
      id: `consult-${row.id}`, asker_id: asker, asker: name(asker), colleague_id: colleague, colleague: name(colleague), question,
      asked_at: new Date().toISOString(), conversation: row,
    });
    for (const agent of this.server.agents.filter(({ id }) => id === asker || id === colleague)) this.server.emit({ type: "consult.changed", agent });
  }

  /** Of a conversation: to whom it can be handed, and handing it there. */
  hand(row: Row, verb: string, body: Fields): Answer | null {
    if (verb === "destinations") {
      const agents = this.server.agents.filter(({ id }) => id !== row.owner_id).map(({ id, name, state, reason, load, capacity }) => {
        const room = Math.max(0, capacity - load);
        return { id, name, state, reason, load, capacity, room, hindrance: state === "offline" ? "away" : room === 0 ? "full" : "" };
      });
      return ok({ agents, queues: this.queues.map(({ id, name, waiting }) => ({ id, name, waiting })) });
    }
    if (verb === "consult" || verb === "consult/end") {
      this.consults = this.consults.filter(({ conversation }) => conversation.id !== row.id);
      if (verb === "consult") this.consult(row, this.server.me!, String(body.agent_id), String(body.note));
      return ok(row);
    }
    if (verb === "transfer/cancel") {
      this.transfers = this.transfers.filter((one) => one.conversation_id !== row.id);
      return ok(row);
    }
    if (verb !== "transfer") return null;
    const to = this.server.agents.find(({ id }) => id === body.agent_id);
    if (to && to.load >= to.capacity) return refuse(409, "agent_full", "This person has no room left.");
    this.handed.push(body);
    if (!to) return ok(Object.assign(row, { status: "queued", owner_id: null, queue_id: body.queue_id, revision: row.revision + 1 }));
    const now = Date.now();
    this.transfers.push({
      id: `transfer-${this.handed.length}`, conversation_id: row.id, agent_id: to.id, agent: to.name, at: new Date(now).toISOString(),
      made_at: new Date(now).toISOString(), expires_at: new Date(now + 30_000).toISOString(),
    });
    return ok(row);
  }

  #say(body: Fields): Answer {
    const chosen = this.reasons.find(({ id }) => id === body.reason_id);
    const state = chosen?.state ?? (body.state as Agent["state"]);
    if (state === "available") this.wrapUps = [];
    this.put({ state, reason: chosen?.name ?? null, reason_id: chosen?.id ?? null, until: null, set_by: "self" });
    return ok(this.#me());
  }

  #oversee(method: string, agentId: string, body: Fields): Answer {
    const agent = this.server.agents.find(({ id }) => id === agentId)!;
    if (method === "GET") return ok({ items: [{ state: agent.state, reason: agent.reason, since: agent.since, until: null }, { state: "break", reason: "Repas", since: "2026-11-21T11:00:00Z", until: "2026-11-21T11:42:00Z" }] });
    const chosen = this.reasons.find(({ id }) => id === body.reason_id);
    Object.assign(agent, { state: chosen?.state ?? body.state, reason: chosen?.name ?? null, reason_id: chosen?.id ?? null, since: new Date().toISOString(), set_by: "supervisor" });
    this.server.emit({ type: "agent.state_changed", agent: { ...agent } });
    return ok({ ...agent });
  }

  #answer(id: string, verb: string, body: Fields): Answer {
    const one = this.offers.find((offer) => offer.id === id);
    if (!one) return refuse(409, "offer_over", "This offer is over: it has gone on to somebody else.");
    this.end(id);
    if (verb === "decline") {
      this.declined.push(String(body.reason));
      return { status: 204 };
    }
    return this.server.take(one.conversation.id);
  }

  #next(queueId: string): Answer {
    const found = [...this.server.conversations.values()].find(({ row }) => row.status === "queued" && row.queue_id === queueId);
    return found ? this.server.take(found.row.id) : refuse(409, "queue_empty", "Nobody waits whom you could take.");
  }

  #administer(method: string, path: string, body: Fields): Answer | null {
    const [, , , kind, id] = path.split("/") as [string, string, string, string, string | undefined];
    const tables: Record<string, { id: string }[]> = { queues: this.queues, skills: this.skills, reasons: this.reasons, dispositions: this.dispositions, agents: this.agents };
    const table = tables[kind];
    if (!table || path.endsWith("/targets")) return null; // targets: fakeHours
    if (method === "GET") return ok({ items: table, teams: [{ id: "team-1", name: "Jour" }, { id: "team-2", name: "Nuit" }], media: this.media, usual_texts: { fr: { position: "Votre place : {position}." } } });
    if ("name" in body && String(body.name).trim() === "")
      return { status: 422, body: { error: { code: "invalid", message: "invalid", fields: { name: "Ce champ est obligatoire." } } } };
    const looped = ((body.ladder ?? []) as { queue?: string }[]).findIndex((step) => step.queue === "queue-billing");
    if (looped >= 0) return { status: 422, body: { error: { code: "ladder_loop", message: "loop", fields: { [`ladder.${looped}.queue`]: "Overflow in a loop." } } } };
    if (kind === "agents" && typeof body.capacity === "number" && body.capacity < 2) return refuse(409, "holds_more", "He holds more conversations than that at this moment.");
    const found = table.find((one) => one.id === id);
    const row = found ?? { ...(kind === "queues" ? queue("", "") : kind === "skills" ? { agents: 0 } : {}), id: `new-${kind}-${table.length}` };
    const taken = table.find((one) => kind === "dispositions" && one.id !== id && (one as Disposition).name === body.name);
    if (taken) return { status: 422, body: { error: { code: "name_taken", message: "taken", fields: { name: "This name is used already." } } } };
    const changed = Object.assign({ ...row }, kind === "agents" ? merged(row as AdminAgent, body) : body);
    if (found) table[table.indexOf(found)] = changed;
    else table.push(changed);
    return ok(changed, found ? 200 : 201);
  }
}
