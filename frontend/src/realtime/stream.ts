/**
 * Applies what the socket says, in order, without holes. It owns the cursor and nothing else: the socket below it and
 * the caches above it are handed in, so that tests can drive it frame by frame.
 */
import type { Counts, Row } from "@/api/types";
import { advance, judge, judgePing, safePoint, type Cursor } from "./cursor";
import type { ServerEvent } from "./events.gen";
import type { Epoch, Frame, Numbered, Replay } from "./wire";

/** Between two fetches of everything: on a line that loses messages, more often would only make it busier. */
const AFRESH_APART_MS = 2000;

export interface Batch {
  events: ServerEvent[];
  rows: Row[];
  /** Too many rows changed at once to be listed: list heads must be fetched again. */
  overflow: boolean;
}

export interface StreamDoors {
  /** GET /api/events. Rejects when the server cannot be reached; the stream then asks for a new socket. */
  replay(after: number, epoch: Epoch): Promise<Replay>;
  apply(batch: Batch): void;
  counts(counts: Counts): void;
  /** Fetch the session again and everything on screen; answers where the new snapshot stands. */
  refetchAll(): Promise<{ epoch: Epoch; head: number }>;
  serverTime(at: string): void;
  /** Called when the browser is level with the server (behind = 0) or knows by how much it is not. */
  level(behind: number | null): void;
  /** The stream cannot continue on this socket. */
  broken(): void;
}

export class EventStream {
  #cursor: Cursor;
  #continuous = false;
  #filling = false;
  #held: Frame[] = [];
  #generation = 0;
  /** The number of the last message of this socket. */
  #heard = 0;
  #afresh = false;
  #afreshAgain = false;
  #afreshAt = -Infinity;

  constructor(
    private readonly doors: StreamDoors,
    start: { epoch: Epoch; head: number },
  ) {
    this.#cursor = { epoch: start.epoch, at: start.head, rows: start.head };
  }

  get cursor(): Cursor {
    return this.#cursor;
  }

  /** What the next socket must say in its hello: the point from which nothing is missing. */
  hello(): { epoch: Epoch; cursor: number } {
    return { epoch: this.#cursor.epoch, cursor: safePoint(this.#cursor) };
  }

  /** A new socket: whatever the old one had promised is void. */
  socketOpened(): void {
    this.#generation += 1;
    this.#continuous = false;
    this.#filling = false;
    this.#held = [];
    this.#heard = 0;
    this.#afresh = this.#afreshAgain = false;
    // The hello names the safe point, so the server continues from there and not from the newest event we have seen.
    const safe = safePoint(this.#cursor);
    this.#cursor = { ...this.#cursor, at: safe, rows: safe };
  }

  /**
   * A number left out means that something was lost between the server and here. What it was nobody can say (counts and
   * "fetch afresh" have no place in the log), so only a fresh snapshot helps. A number heard before is a copy, or comes
   * so late that the snapshot has it.
   */
  receive(message: Numbered): void {
    if (message.n <= this.#heard) return;
    const lost = message.n !== this.#heard + 1;
    this.#heard = message.n;
    if (lost) void this.#reset();
    if (lost && message.type !== "counts") return; // the snapshot that was just asked for has it
    switch (message.type) {
      case "frame":
        this.#frame(message);
        return;
      case "ping": {
        this.doors.serverTime(message.at);
        if (this.#filling) return;
        const verdict = judgePing(this.#cursor, message, this.#continuous);
        if (verdict === "reset") void this.#reset();
        else if (verdict === "gap") void this.#fill(message.upto);
        else {
          this.#continuous = true;
          this.#cursor = advance(this.#cursor, message);
          this.doors.level(0);
        }
        return;
      }
      case "counts":
        this.doors.counts(message.counts);
        return;
      case "reset":
        void this.#reset();
    }
  }

  #frame(frame: Frame): void {
    if (this.#filling) {
      this.#held.push(frame);
      return;
    }
    switch (judge(this.#cursor, frame)) {
      case "reset":
        void this.#reset();
        return;
      case "gap":
        this.#held.push(frame);
        void this.#fill(frame.upto);
        return;
      case "apply":
        this.#continuous = true;
        this.#cursor = advance(this.#cursor, frame);
        this.doors.apply({ events: frame.events, rows: frame.rows ?? [], overflow: frame.rows_overflow === true });
        this.doors.level(0);
    }
  }

  async #fill(target: number): Promise<void> {
    const generation = this.#generation;
    this.#filling = true;
    this.doors.level(Math.max(1, target - safePoint(this.#cursor)));
    try {
      let head = target;
      do {
        const before = safePoint(this.#cursor);
        const answer = await this.doors.replay(before, this.#cursor.epoch);
        if (generation !== this.#generation || this.#afresh) return;
        if (answer.reset || answer.epoch !== this.#cursor.epoch) {
          await this.#reset();
          return;
        }
        this.doors.apply({ events: answer.events, rows: answer.rows, overflow: false });
        this.#cursor = advance({ ...this.#cursor }, { upto: answer.upto, rows_upto: answer.upto });
        head = answer.head ?? answer.upto;
        if (answer.upto <= before && head > before) {
          // The server cannot go on from here: a snapshot is the only way forward.
          await this.#reset();
          return;
        }
        if (head > this.#cursor.at) this.doors.level(head - this.#cursor.at);
      } while (head > safePoint(this.#cursor));
    } catch {
      if (generation === this.#generation && !this.#afresh) this.doors.broken();
      return;
    }
    this.#release();
  }

  #release(): void {
    this.#filling = false;
    this.#continuous = true;
    const held = this.#held;
    this.#held = [];
    this.doors.level(0);
    for (const frame of held) this.#frame(frame);
  }

  /** One clean fetch of everything. Whoever asks for it while it runs gets one more, after it. */
  async #reset(): Promise<void> {
    if (this.#afresh) {
      this.#afreshAgain = true;
      return;
    }
    const generation = this.#generation;
    this.#afresh = this.#filling = true;
    this.doors.level(null);
    try {
      do {
        const early = this.#afreshAt + AFRESH_APART_MS - performance.now();
        if (early > 0) {
          await new Promise((resolve) => setTimeout(resolve, early));
          if (generation !== this.#generation) return;
        }
        this.#afreshAgain = false;
        this.#afreshAt = performance.now();
        this.#held = []; // sent before the snapshot is taken, so it has them
        const { epoch, head } = await this.doors.refetchAll();
        if (generation !== this.#generation) return;
        this.#cursor = { epoch, at: head, rows: head };
        // Frames of another epoch say nothing about this one.
        this.#held = this.#held.filter((frame) => frame.epoch === epoch);
      } while (this.#afreshAgain);
      this.#afresh = false;
      this.#release();
    } catch {
      if (generation === this.#generation) this.doors.broken();
    }
  }
}
