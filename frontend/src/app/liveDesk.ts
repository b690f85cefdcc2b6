/** Joins the socket, the stream and the caches for one signed-in user. One instance per page. */
import type { QueryClient } from "@tanstack/react-query";
import { announceSignedOut, get, query } from "@/api/fetch";
import { sessionKey } from "@/api/session";
import type { Row, Session, View } from "@/api/types";
import { flushOutbox, startOutbox } from "@/features/conversation/api";
import { openDrafts, saveAllDrafts } from "@/features/conversation/drafts";
import { noteServerTime } from "@/realtime/clock";
import { setConnection } from "@/realtime/connection";
import { DeskSocket } from "@/realtime/socket";
import { EventStream } from "@/realtime/stream";
import type { Replay } from "@/realtime/wire";
import { applyBatch, countsChanged } from "./serverEvents";

export interface Watch {
  conversation: string | null;
  lists: View[];
}

export class LiveDesk {
  #watch: Watch = { conversation: null, lists: [] };
  readonly #stream: EventStream;
  readonly #socket: DeskSocket;

  constructor(
    private readonly client: QueryClient,
    session: Session,
    private readonly arrived: (row: Row, text: string) => void,
  ) {
    openDrafts(session.user.id);
    startOutbox(client, session.user.id);
    noteServerTime(session.at);
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
        if (message.type === "ping") this.#socket.send({ type: "pong", upto: message.upto });
      },
      lost: () => this.#lost(),
      signedOut: announceSignedOut,
    });
  }

  start(): void {
    window.addEventListener("pagehide", saveAllDrafts);
    this.#socket.start();
  }

  stop(): void {
    window.removeEventListener("pagehide", saveAllDrafts);
    saveAllDrafts();
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
    } else setConnection({ state: "catching-up", behind });
  }

  async #refetchAll(): Promise<{ epoch: string | number; head: number }> {
    const session = await get<Session>("/api/session");
    this.client.setQueryData(sessionKey, session);
    await this.client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionKey[0] });
    return session;
  }
}
