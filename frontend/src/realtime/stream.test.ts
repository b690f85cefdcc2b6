import { beforeEach, describe, expect, it, vi } from "vitest";
import type { ServerEvent } from "./events.gen";
import { EventStream, type Batch, type StreamDoors } from "./stream";
import type { Frame, FromServer, Replay } from "./wire";

const event = (seq: number): ServerEvent => ({ type: "settings.changed", seq, at: "" });
const events = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => event(from + index + 1));
const frame = (after: number, upto: number, change: Partial<Frame> = {}): Frame => ({
  type: "frame", epoch: 1, after, upto, rows_upto: upto, events: events(after, upto), ...change,
}); // prettier-ignore
const ping = (upto: number, rows_upto = upto) => ({ type: "ping" as const, epoch: 1, upto, rows_upto, at: "2026-11-21T10:00:00Z", key: "k" });
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

let applied: number[];
let levels: (number | null)[];
let replay: ReturnType<typeof vi.fn<StreamDoors["replay"]>>;
let refetchAll: ReturnType<typeof vi.fn<StreamDoors["refetchAll"]>>;
let broken: ReturnType<typeof vi.fn>;

/** A stream whose messages are numbered as the server numbers them. */
class Numbering extends EventStream {
  said = 0;

  say(message: FromServer): void {
    this.said += 1;
    this.receive({ ...message, n: this.said });
  }

  override socketOpened(): void {
    this.said = 0;
    super.socketOpened();
  }
}

function open(head = 10): Numbering {
  const stream = new Numbering(
    {
      replay,
      apply: (batch: Batch) => applied.push(...batch.events.map((one) => one.seq)),
      counts: () => undefined,
      refetchAll,
      serverTime: () => undefined,
      level: (behind) => levels.push(behind),
      broken: broken as () => void,
    },
    { epoch: 1, head },
  );
  stream.socketOpened();
  return stream;
}

beforeEach(() => {
  applied = [];
  levels = [];
  replay = vi.fn((after: number): Promise<Replay> => Promise.resolve({ epoch: 1, after, upto: 20, head: 20, events: events(after, 20), rows: [] }));
  refetchAll = vi.fn(() => Promise.resolve({ epoch: 1, head: 50 }));
  broken = vi.fn();
});

describe("frames that follow each other", () => {
  it("are applied at once", () => {
    const stream = open();
    stream.say(frame(10, 12));
    stream.say(frame(12, 13));
    expect(applied).toEqual([11, 12, 13]);
    expect(stream.cursor.at).toBe(13);
    expect(replay).not.toHaveBeenCalled();
    expect(levels.at(-1)).toBe(0);
  });

  it("need no gap fill when one is repeated", () => {
    const stream = open();
    stream.say(frame(10, 12));
    stream.say(frame(10, 12));
    expect(stream.cursor.at).toBe(12);
    expect(replay).not.toHaveBeenCalled();
  });

  it("carry the server's word for events that this browser may not see", () => {
    const stream = open();
    stream.say(frame(10, 10, { events: [] }));
    stream.say(ping(15));
    stream.say(frame(15, 16));
    expect(applied).toEqual([16]);
    expect(replay).not.toHaveBeenCalled();
  });
});

describe("a hole", () => {
  it("is filled from the server before the frame that showed it", async () => {
    const stream = open();
    stream.say(frame(20, 21));
    expect(applied).toEqual([]);
    expect(levels.at(-1)).toBeGreaterThan(0);
    await settled();
    expect(replay).toHaveBeenCalledWith(10, 1);
    expect(applied).toEqual([...events(10, 20), event(21)].map((one) => one.seq));
    expect(stream.cursor.at).toBe(21);
    expect(levels.at(-1)).toBe(0);
  });

  it("holds back frames that come meanwhile, and keeps their order", async () => {
    const stream = open();
    stream.say(frame(20, 21));
    stream.say(frame(21, 22));
    stream.say(ping(22));
    await settled();
    expect(applied.slice(-2)).toEqual([21, 22]);
    expect(replay).toHaveBeenCalledOnce();
  });

  it("is filled in pages while the head is further on", async () => {
    replay.mockImplementation((after) =>
      Promise.resolve({ epoch: 1, after, upto: after + 5, head: 20, events: events(after, after + 5), rows: [] }),
    );
    const stream = open();
    stream.say(frame(20, 20, { events: [] }));
    await settled();
    expect(replay.mock.calls.map(([after]) => after)).toEqual([10, 15]);
    expect(stream.cursor.at).toBe(20);
  });

  it("before the first word of a socket is not taken from its ping", async () => {
    const stream = open();
    stream.say(ping(20));
    await settled();
    expect(replay).toHaveBeenCalledWith(10, 1);
    expect(stream.cursor.at).toBe(20);
  });

  it("in the rows is filled from where the rows were whole", async () => {
    const stream = open();
    stream.say(frame(10, 12, { rows_upto: 10 }));
    expect(stream.cursor).toMatchObject({ at: 12, rows: 10 });
    stream.say(frame(19, 20));
    await settled();
    expect(replay).toHaveBeenCalledWith(10, 1);
  });

  it("that cannot be filled asks for a new socket, which starts from the safe point", async () => {
    replay.mockRejectedValue(new Error("away"));
    const stream = open();
    stream.say(frame(10, 12, { rows_upto: 11 }));
    stream.say(frame(20, 21));
    await settled();
    expect(broken).toHaveBeenCalledOnce();
    stream.socketOpened();
    expect(stream.hello()).toEqual({ epoch: 1, cursor: 11 });
  });

  it("of an old socket does not touch the new one", async () => {
    let answer = (_replay: Replay) => {};
    replay.mockImplementationOnce(() => new Promise((resolve) => (answer = resolve)));
    const stream = open();
    stream.say(frame(20, 21));
    stream.socketOpened();
    stream.say(frame(10, 11));
    answer({ epoch: 1, after: 10, upto: 20, head: 20, events: events(10, 20), rows: [] });
    await settled();
    expect(applied).toEqual([11]);
    expect(stream.cursor.at).toBe(11);
  });
});

describe("a reset", () => {
  it("is one clean refetch, and the stream goes on from the snapshot", async () => {
    const stream = open();
    stream.say({ type: "reset" });
    stream.say(frame(50, 51));
    expect(levels.at(-1)).toBeNull();
    await settled();
    expect(refetchAll).toHaveBeenCalledOnce();
    expect(applied).toEqual([51]);
    expect(stream.cursor.at).toBe(51);
    expect(levels.at(-1)).toBe(0);
  });

  it("follows a change of epoch", async () => {
    refetchAll.mockResolvedValue({ epoch: 2, head: 3 });
    const stream = open();
    stream.say(frame(0, 1, { epoch: 2 }));
    await settled();
    expect(stream.cursor).toEqual({ epoch: 2, at: 3, rows: 3 });
  });

  it("follows a cursor that the server has trimmed", async () => {
    replay.mockResolvedValue({ reset: true });
    const stream = open();
    stream.say(frame(20, 21));
    await settled();
    expect(refetchAll).toHaveBeenCalledOnce();
    expect(stream.cursor.at).toBe(50);
  });

  it("is not two when it is asked for twice at once, but one after the other", async () => {
    vi.useFakeTimers();
    try {
      const stream = open();
      stream.say({ type: "reset" });
      stream.say({ type: "reset" });
      stream.say({ type: "reset" });
      await vi.advanceTimersByTimeAsync(0);
      expect(refetchAll).toHaveBeenCalledOnce();
      expect(levels.at(-1)).toBeNull();
      await vi.advanceTimersByTimeAsync(2100);
      expect(refetchAll).toHaveBeenCalledTimes(2);
      expect(levels.at(-1)).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it("has what was held back before it", async () => {
    replay.mockReturnValue(new Promise(() => undefined));
    const stream = open();
    stream.say(frame(20, 21));
    stream.say({ type: "reset" });
    await settled();
    expect(applied).toEqual([]);
    expect(stream.cursor.at).toBe(50);
    expect(levels.at(-1)).toBe(0);
  });

  it("does not turn in circles when the server cannot go on", async () => {
    replay.mockImplementation((after) => Promise.resolve({ epoch: 1, after, upto: after, head: 99, events: [], rows: [] }));
    open().say(frame(20, 21));
    await settled();
    expect(replay).toHaveBeenCalledOnce();
    expect(refetchAll).toHaveBeenCalledOnce();
  });
});

describe("a message lost between the server and here", () => {
  it("is noticed by the next one, whatever that is, and everything is fetched afresh", async () => {
    const stream = open();
    stream.say(frame(10, 12));
    stream.said += 1;
    stream.say(ping(12));
    await settled();
    expect(refetchAll).toHaveBeenCalledOnce();
    expect(stream.cursor.at).toBe(50);
  });

  it("is not hidden by a ping that goes beyond it", async () => {
    const stream = open();
    stream.say(frame(10, 12));
    stream.said += 1; // frame(12, 15)
    stream.say(ping(15));
    expect(stream.cursor.at).toBe(12);
    expect(levels.at(-1)).toBeNull();
    await settled();
    expect(refetchAll).toHaveBeenCalledOnce();
  });

  it("is covered by the snapshot when it comes late, and a copy changes nothing", async () => {
    const stream = open();
    stream.receive({ ...frame(10, 12), n: 1 });
    stream.receive({ ...frame(10, 12), n: 1 });
    expect(applied).toEqual([11, 12]);
    stream.receive({ ...frame(13, 14), n: 3 });
    stream.receive({ ...frame(12, 13), n: 2 });
    await settled();
    expect(refetchAll).toHaveBeenCalledOnce();
    expect(applied).toEqual([11, 12]);
    stream.receive({ ...frame(50, 51), n: 4 });
    expect(applied).toEqual([11, 12, 51]);
  });

  it("costs a new socket nothing: it counts from one again", () => {
    const stream = open();
    stream.say(frame(10, 12));
    stream.socketOpened();
    stream.say(frame(12, 13));
    expect(refetchAll).not.toHaveBeenCalled();
    expect(applied).toEqual([11, 12, 13]);
  });
});
