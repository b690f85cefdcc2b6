/** Joins the socket, the stream and the caches for one signed-in user. One instance per page. */
import type { QueryClient, QueryKey } from "@tanstack/react-query";
import { recentRows } from "@/api/detail";
import { announceLocked, announceSignedOut, ApiError, get, query } from "@/api/fetch";
import { fetchSession, isObserver, sessionKey, startAfresh } from "@/api/session";
import type { Row, Session, View } from "@/api/types";
import { flushOutbox, startOutbox, threadsKey } from "@/features/conversation/api";
import { openDrafts, saveAllDrafts } from "@/features/conversation/drafts";
import { fetchDrafts, flushDrafts, startDraftSync, stopDraftSync } from "@/features/conversation/draftSync";
import { noteServerTime } from "@/realtime/clock";
import { setConnection } from "@/realtime/connection";
import { DeskSocket } from "@/realtime/socket";
import { EventStream } from "@/realtime/stream";
import type { Replay } from "@/realtime/wire";
import { applyBatch, countsChanged } from "./serverEvents";

/** A fetch that failed is made again when the stream is level, not sooner than this after the last time. */
const AGAIN_MS = 2000;
/** Tries of what failed while everything was fetched afresh, before a new socket is taken. */
const TRIES = 3;

const pageGoes = () => {
  saveAllDrafts();
  void flushDrafts();
};

export interface Watch {
  conversation: string | null;
  lists: View[];
}

export class LiveDesk {
  #watch: Watch = { conversation: null, lists: [] };
  readonly #stream: EventStream;
  readonly #socket: DeskSocket;
  #epoch: string | number;
  readonly #writes: boolean;
  #dueFrom = 0;
  #rounds = 0;

  constructor(
    private readonly client: QueryClient,
    session: Session,
    private readonly arrived: (row: Row, text: string) => void,
  ) {
    openDrafts(session.user.id);
    // Observers write nothing, and have no drafts to be asked for.
    this.#writes = !isObserver(session);
    if (this.#writes) startDraftSync();
    startOutbox(client, session.user.id);
    noteServerTime(session.at);
    this.#epoch = session.epoch;
    this.#stream = new EventStream(
      {
        replay: (after, epoch) =>
          get<Replay>(`/api/events${query({ after, epoch, conversations: this.#watch.conversation })}`),
        apply: (batch) =>
          applyBatch(client, batch, { shown: this.#watch.conversation, arrived: this.arrived }),
        counts: (counts) => countsChanged(client, counts),
        refetchAll: () => this.#refetchAll(),
        serverTime: noteServerTime,
        level: (behind) => this.#level(behind),
        broken: () => this.#socket.restart(),
      },
      session,
    );
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.#socket = new DeskSocket(`${scheme}://${location.host}/ws/desk`, {
      opened: () => this.#opened(),
      message: (message) => {
        this.#stream.receive(message);
        if (message.type === "ping") this.#socket.send({ type: "pong", key: message.key });
      },
      lost: () => this.#lost(),
      signedOut: announceSignedOut,
      locked: announceLocked,
    });
  }

  start(): void {
    window.addEventListener("pagehide", pageGoes);
    this.#socket.start();
  }

  stop(): void {
    window.removeEventListener("pagehide", pageGoes);
    saveAllDrafts();
    stopDraftSync();
    this.#socket.stop();
  }

  /** What is on screen now. The server sends the last minute of what is new here again: no gap beside the snapshot. */
  watch(watch: Watch): void {
    this.#watch = watch;
    this.#sendWatch();
  }

  #sendWatch(): void {
    const { conversation, lists } = this.#watch;
    this.#socket.send({ type: "watch", conversations: conversation === null ? [] : [conversation], lists });
  }

  #opened(): void {
    setConnection({ state: "catching-up", behind: null });
    this.#stream.socketOpened();
    this.#socket.send({ type: "hello", ...this.#stream.hello() });
    this.#sendWatch();
    // What was written while the line was cut, here and elsewhere.
    if (this.#writes) void fetchDrafts();
  }

  #lost(): void {
    setConnection({ state: "offline", since: Date.now() });
    // A refused handshake does not say why: only an answer can tell a lost session from a lost network.
    if (navigator.onLine) get("/api/counts").catch(() => undefined);
  }

  #level(behind: number | null): void {
    if (behind === 0) {
      setConnection({ state: "live" });
      flushOutbox();
      this.#fetchWhatFailed();
    } else setConnection({ state: "catching-up", behind });
  }

  /**
   * What was asked for while the server was away, and not answered, is asked for again: the events that made us ask
   * stand before the cursor and are not told twice.
   */
  #fetchWhatFailed(): void {
    if (Date.now() < this.#dueFrom) return;
    const failed = this.#failed();
    if (failed.length === 0) return;
    this.#dueFrom = Date.now() + AGAIN_MS * (1 + Math.random());
    for (const { queryKey } of failed) void this.client.refetchQueries({ queryKey, exact: true });
  }

  /** Queries on screen whose last answer was none. A refusal (gone, not allowed) is an answer. */
  #failed(): { queryKey: QueryKey; error: Error | null }[] {
    return this.client
      .getQueryCache()
      .findAll({ type: "active", fetchStatus: "idle", predicate: ({ state }) => state.status === "error" })
      .map(({ queryKey, state }) => ({ queryKey, error: state.error }))
      .filter(({ error }) => !(error instanceof ApiError) || error.isTemporary);
  }

  /** Everything on screen, once. Rejects when something of it could not be had: a stale screen must not say "live". */
  async #refetchAll(): Promise<{ epoch: string | number; head: number }> {
    const round = (this.#rounds += 1);
    const session = await fetchSession();
    if (round !== this.#rounds) throw new Error("a later socket fetches afresh itself");
    startAfresh(this.client, session);
    const fresh: Promise<void>[] = [];
    const isAnother = session.epoch !== this.#epoch;
    if (isAnother) {
      // Another copy of the data: what is kept of the old one may be newer than anything that is there now.
      this.#epoch = session.epoch;
      recentRows.clear();
      fresh.push(this.client.resetQueries({ queryKey: threadsKey })); // fetches those on screen, too
    }
    const untouched: readonly unknown[] = isAnother ? [sessionKey[0], threadsKey[0]] : [sessionKey[0]];
    fresh.push(this.client.invalidateQueries({ predicate: ({ queryKey }) => !untouched.includes(queryKey[0]) }));
    await Promise.all(fresh);
    for (let tries = 1; ; tries += 1) {
      const failed = this.#failed();
      if (failed.length === 0) return session;
      if (tries === TRIES) throw failed[0]!.error;
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS / 2));
      await Promise.all(failed.map(({ queryKey }) => this.client.refetchQueries({ queryKey, exact: true })));
    }
  }
}
