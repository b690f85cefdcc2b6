/**
 * Texts that the agent has sent and the server has not confirmed. They are shown at once, survive a reload, and are
 * sent again with the same client id, so that a weak link never turns one text into two.
 *
 *   sending   a request is on its way
 *   waiting   the server could not be reached; tried again by itself
 *   old       waited longer than the customer may find sensible: the agent decides
 *   refused   the server said no (closed, not the owner, too long): the agent decides
 */
import { ApiError } from "@/api/fetch";
import type { Message } from "@/api/types";

export interface OutboxEntry {
  clientId: string;
  conversationId: string;
  kind: "outgoing" | "note";
  body: string;
  /** Drafts on the server that leave with it, in their order. */
  attachments?: string[];
  createdAt: number;
  state: "sending" | "waiting" | "old" | "refused";
  code?: string;
  reason?: string;
}

type Send = (entry: OutboxEntry) => Promise<Message>;

const RETRY_MS = 4_000;
export const TOO_OLD_MS = 15 * 60_000;

export class Outbox {
  /** False: this browser keeps nothing, and what waits lives as long as the page. */
  stored = true;
  #entries: readonly OutboxEntry[] = [];
  readonly #listeners = new Set<() => void>();
  readonly #busy = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    private readonly storageKey: string,
    private readonly send: Send,
    private readonly confirmed: (entry: OutboxEntry, message: Message) => void,
    private readonly now: () => number = Date.now,
  ) {
    this.#entries = this.#load();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  read = (): readonly OutboxEntry[] => this.#entries;

  add(entry: Pick<OutboxEntry, "clientId" | "conversationId" | "kind" | "body" | "attachments">): void {
    if (this.#entries.some((one) => one.clientId === entry.clientId)) return;
    this.#set([...this.#entries, { ...entry, createdAt: this.now(), state: "sending" }]);
    this.flush();
  }

  /** The message is on the server: by its HTTP answer or by an event, whichever was first. */
  settle(clientId: string): void {
    if (this.#entries.some((one) => one.clientId === clientId))
      this.#set(this.#entries.filter((one) => one.clientId !== clientId));
  }

  remove(clientId: string): OutboxEntry | undefined {
    const entry = this.#entries.find((one) => one.clientId === clientId);
    this.settle(clientId);
    return entry;
  }

  /** Whoever wrote them signs out: nothing of them stays, and nothing of them leaves any more. */
  forget(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#set([]);
  }

  /** The agent asks again, with the same client id. */
  retry(clientId: string): void {
    this.#change(clientId, { state: "waiting", createdAt: this.now(), code: undefined, reason: undefined });
    this.flush();
  }

  /** Tries everything that may go; called when the connection comes back. Texts of one conversation keep their order. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const blocked = new Set<string>();
    for (const entry of this.#entries) {
      if (entry.state === "refused" || entry.state === "old") continue;
      if (blocked.has(entry.conversationId)) continue;
      blocked.add(entry.conversationId);
      if (!this.#busy.has(entry.conversationId)) void this.#attempt(entry);
    }
  }

  async #attempt(entry: OutboxEntry): Promise<void> {
    if (this.now() - entry.createdAt > TOO_OLD_MS) {
      this.#change(entry.clientId, { state: "old" });
      this.flush();
      return;
    }
    this.#busy.add(entry.conversationId);
    this.#change(entry.clientId, { state: "sending" });
    let again = false;
    try {
      const message = await this.send(entry);
      this.confirmed(entry, message);
      this.settle(entry.clientId);
      again = true;
    } catch (failure) {
      if (failure instanceof ApiError && !failure.isTemporary && failure.status !== 401) {
        this.#change(entry.clientId, { state: "refused", code: failure.code, reason: failure.message });
        again = true;
      } else {
        this.#change(entry.clientId, { state: "waiting" });
        this.#timer ??= setTimeout(() => this.flush(), RETRY_MS);
      }
    } finally {
      this.#busy.delete(entry.conversationId);
    }
    if (again) this.flush();
  }

  #change(clientId: string, change: Partial<OutboxEntry>): void {
    this.#set(this.#entries.map((one) => (one.clientId === clientId ? { ...one, ...change } : one)));
  }

  #set(entries: readonly OutboxEntry[]): void {
    this.#entries = entries;
    try {
      if (entries.length > 0) localStorage.setItem(this.storageKey, JSON.stringify(entries));
      else localStorage.removeItem(this.storageKey);
      this.stored = true;
    } catch {
      // Storage full or forbidden: the texts still live in this tab, and say so.
      this.stored = false;
    }
    for (const listener of this.#listeners) listener();
  }

  #load(): OutboxEntry[] {
    try {
      const stored = JSON.parse(localStorage.getItem(this.storageKey) ?? "[]") as OutboxEntry[];
      return stored.map((one) => (one.state === "sending" ? { ...one, state: "waiting" } : one));
    } catch {
      return [];
    }
  }
}
