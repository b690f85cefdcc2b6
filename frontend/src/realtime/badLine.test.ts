/**
 * A server, a line that loses, repeats, delays and cuts, and the stream that the desk uses. Whatever the line does, once
 * it is good again and the server has said one more word, the screen holds the server's state. Seeded: a failure names
 * its seed.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Counts, Row } from "@/api/types";
import type { ServerEvent } from "./events.gen";
import { EventStream, type Batch } from "./stream";
import type { FromServer, Numbered, Replay } from "./wire";

const SEEDS = 200;
const STEPS = 120;
const PLACES = 6;

/** Mulberry32: small, seeded, good enough to choose faults. */
function chanceOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

interface State {
  /** Newest revision of each row; changed by every event about its conversation. */
  rows: number[];
  /** Numbers of the messages of the conversation on screen. */
  thread: number[];
  counts: number;
}

const fresh = (): State => ({ rows: Array.from({ length: PLACES }, () => 0), thread: [], counts: 0 });
const SHOWN = 0;

/** What the web process does, in thirty lines: dense numbers, rows conflated, counts beside the log, pings. */
class Server {
  state = fresh();
  epoch = 1;
  head = 0;
  oldest = 0;
  log: { seq: number; place: number }[] = [];
  connected = false;
  #said = 0;
  #cursor = 0;
  #rows = 0;
  #told = -1;

  constructor(readonly send: (message: Numbered) => void) {}

  say(message: FromServer): void {
    this.#said += 1;
    if (this.connected) this.send({ ...message, n: this.#said });
  }

  change(place: number): void {
    this.head += 1;
    this.log.push({ seq: this.head, place });
    this.state.rows[place]! += 1;
    this.state.counts += 1;
    if (place === SHOWN) this.state.thread.push(this.state.thread.length + 1);
    if (place !== SHOWN) return;
    this.#frame(this.head, { events: [this.event(this.head)], rows: [] });
  }

  flush(): void {
    const changed = new Set(this.log.filter(({ seq }) => seq > this.#rows).map(({ place }) => place));
    this.#rows = this.head;
    if (changed.size > 0) this.#frame(this.head, { events: [], rows: [...changed].map((place) => this.row(place)) });
    if (this.state.counts !== this.#told) {
      this.#told = this.state.counts;
      this.say({ type: "counts", counts: { now: this.state.counts } as unknown as Counts });
    }
  }

  #frame(upto: number, content: { events: ServerEvent[]; rows: Row[] }): void {
    this.say({ type: "frame", epoch: this.epoch, after: this.#cursor, upto, rows_upto: Math.min(this.#rows, upto), ...content });
    this.#cursor = upto;
  }

  ping(): void {
    this.#cursor = this.head;
    this.say({ type: "ping", epoch: this.epoch, upto: this.head, rows_upto: this.#rows, at: "2026-11-21T10:00:00Z", key: "k" });
  }

  connect(hello: { epoch: string | number; cursor: number }): void {
    this.connected = true;
    this.#said = 0;
    this.#told = -1;
    this.#cursor = this.#rows = this.head;
    if (hello.epoch !== this.epoch || hello.cursor > this.head || hello.cursor < this.oldest) this.say({ type: "reset" });
    else this.#frame(this.head, { events: [], rows: [] });
  }

  replay(after: number, epoch: string | number): Replay {
    if (epoch !== this.epoch || after > this.head || after < this.oldest) return { reset: true };
    const upto = Math.min(this.head, after + 7);
    const missed = this.log.filter(({ seq }) => seq > after && seq <= upto);
    const places = [...new Set(missed.map(({ place }) => place))];
    return {
      epoch: this.epoch, after, upto, head: this.head, rows: places.map((place) => this.row(place)),
      events: missed.filter(({ place }) => place === SHOWN).map(({ seq }) => this.event(seq)),
    }; // prettier-ignore
  }

  /** A copy of the data is put back: numbers may be given twice, revisions fall. */
  restore(): void {
    this.epoch += 1;
    this.head = Math.max(0, this.head - 5);
    this.oldest = this.head;
    this.log = [];
    this.state = { rows: this.state.rows.map((one) => Math.max(0, one - 2)), thread: this.state.thread.slice(0, -3), counts: 1000 * this.epoch };
    this.#cursor = this.#rows = this.head;
    this.say({ type: "reset" });
  }

  row = (place: number): Row => ({ id: String(place), revision: this.state.rows[place]! }) as Row;

  event(seq: number): ServerEvent {
    const number = this.log.filter((one) => one.place === SHOWN && one.seq <= seq).length;
    const message = this.state.thread.length - this.log.filter((one) => one.place === SHOWN).length + number;
    return { type: "message.received", seq, at: "", conversation: this.row(SHOWN), message: { seq: message } } as unknown as ServerEvent;
  }
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

async function play(seed: number): Promise<void> {
  const chance = chanceOf(seed);
  let screen = fresh();
  let bad = true;
  let sockets = 0;
  const line = (message: Numbered) => {
    const socket = sockets;
    const tell = () => socket === sockets && stream.receive(structuredClone(message));
    if (bad && chance() < 0.3) return;
    if (bad && chance() < 0.2) setTimeout(tell, 400 * chance());
    else tell();
    if (bad && chance() < 0.15) setTimeout(tell, 300 * chance());
  };
  const server = new Server((message) => line(message));
  const reach = () => new Promise<void>((resolve, reject) => setTimeout(() => (bad && chance() < 0.2 ? reject(new Error("away")) : resolve()), 60 * chance()));
  const connect = () => {
    sockets += 1;
    stream.socketOpened();
    server.connect(stream.hello());
    server.flush();
  };
  // As the caches do it: what the stream said while an answer travelled is put on top of the answer.
  const recent: (() => void)[] = [];
  let round = 0;
  const now = (change: () => void) => {
    recent.push(change);
    change();
  };
  const merge = ({ events, rows }: Batch) => {
    for (const event of events as unknown as { conversation: Row; message: { seq: number } }[]) {
      if (!screen.thread.includes(event.message.seq)) screen.thread = [...screen.thread, event.message.seq].sort((a, b) => a - b);
      rows = [...rows, event.conversation];
    }
    for (const row of rows) screen.rows[Number(row.id)] = Math.max(screen.rows[Number(row.id)]!, row.revision);
  };
  const stream = new EventStream(
    {
      replay: (after, epoch) => reach().then(() => server.replay(after, epoch)),
      apply: (batch) => now(() => merge(batch)),
      counts: (counts) => now(() => (screen.counts = (counts as unknown as { now: number }).now)),
      refetchAll: async () => {
        const mine = (round += 1);
        await reach();
        const [epoch, head] = [server.epoch, server.head]; // the session is asked first
        const mark = recent.length;
        await reach();
        const taken = structuredClone(server.state);
        await reach();
        if (epoch !== server.epoch || mine !== round) throw new Error("the server went away meanwhile");
        screen = taken;
        for (const change of recent.slice(mark)) change();
        return { epoch, head };
      },
      serverTime: () => undefined,
      level: () => undefined,
      broken: () => setTimeout(connect, 200),
    },
    { epoch: 1, head: 0 },
  );
  connect();
  for (let step = 0; step < STEPS; step += 1) {
    const what = chance();
    if (what < 0.6) server.change(Math.floor(chance() * PLACES));
    else if (what < 0.8) server.flush();
    else if (what < 0.9) server.ping();
    else if (what < 0.95) {
      server.connected = false;
      for (let missed = Math.floor(chance() * 20); missed > 0; missed -= 1) server.change(Math.floor(chance() * PLACES));
      if (chance() < 0.3) server.oldest = server.head; // trimmed meanwhile
      setTimeout(connect, 300 * chance());
    } else if (what < 0.96) server.restore();
    await vi.advanceTimersByTimeAsync(80 * chance());
  }
  bad = false;
  await vi.advanceTimersByTimeAsync(1000);
  if (!server.connected) connect();
  server.flush();
  server.ping();
  await vi.advanceTimersByTimeAsync(10_000);
  server.ping();
  await vi.advanceTimersByTimeAsync(5000);
  expect(screen, `seed ${seed}`).toEqual(server.state);
  expect(stream.cursor, `seed ${seed}`).toMatchObject({ epoch: server.epoch, at: server.head, rows: server.head });
}

describe("on a bad line", () => {
  it(`the screen ends up as the server's state, ${SEEDS} times`, async () => {
    for (let seed = 1; seed <= SEEDS; seed += 1) await play(seed);
  });
});
