import { beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "@/api/fetch";
import type { Message } from "@/api/types";
import { makeMessage } from "@/testing/fakeData";
import { Outbox, TOO_OLD_MS, type OutboxEntry } from "./outbox";

const answer = (entry: OutboxEntry): Message => makeMessage(1, { kind: "outgoing", body: entry.body, at: "", client_id: entry.clientId });
const unreachable = () => new ApiError(0, "unreachable", "");
const text = (clientId: string, conversationId = "c") => ({ clientId, conversationId, kind: "outgoing" as const, body: clientId });
const tick = () => vi.advanceTimersByTimeAsync(0);

describe("the outbox", () => {
  let now = 0;
  const confirmed = vi.fn();
  beforeEach(() => {
    vi.useFakeTimers();
    now = 1_000_000;
    confirmed.mockClear();
    localStorage.clear();
    return () => vi.useRealTimers();
  });
  const make = (send: (entry: OutboxEntry) => Promise<Message>) => new Outbox("box", send, confirmed, () => now);

  it("lets go when the HTTP answer comes first", async () => {
    const box = make((entry) => Promise.resolve(answer(entry)));
    box.add(text("a"));
    expect(box.read()[0]).toMatchObject({ clientId: "a", state: "sending" });
    await tick();
    expect(box.read()).toHaveLength(0);
    expect(confirmed).toHaveBeenCalledOnce();
    box.settle("a");
    expect(box.read()).toHaveLength(0);
  });

  it("lets go when the event comes first, and the answer then changes nothing", async () => {
    let finish = (_message: Message) => {};
    const box = make(() => new Promise((resolve) => (finish = resolve)));
    box.add(text("a"));
    box.settle("a");
    expect(box.read()).toHaveLength(0);
    finish(answer({ ...text("a"), createdAt: 0, state: "sending" }));
    await tick();
    expect(box.read()).toHaveLength(0);
  });

  it("sends a text once however often it is added", async () => {
    const send = vi.fn((entry: OutboxEntry) => Promise.resolve(answer(entry)));
    const box = make(send);
    box.add(text("a"));
    box.add(text("a"));
    await tick();
    expect(send).toHaveBeenCalledOnce();
  });

  it("waits for the connection and sends again with the same client id", async () => {
    let down = true;
    const send = vi.fn((entry: OutboxEntry) => (down ? Promise.reject(unreachable()) : Promise.resolve(answer(entry))));
    const box = make(send);
    box.add(text("a"));
    await tick();
    expect(box.read()[0]?.state).toBe("waiting");
    down = false;
    box.flush();
    await tick();
    expect(box.read()).toHaveLength(0);
    expect(send.mock.calls.map(([entry]) => entry.clientId)).toEqual(["a", "a"]);
  });

  it("keeps the order of one conversation, and lets others pass", async () => {
    const down = new Set(["a"]);
    const sent: string[] = [];
    const box = make((entry) => {
      if (down.has(entry.clientId)) return Promise.reject(unreachable());
      sent.push(entry.clientId);
      return Promise.resolve(answer(entry));
    });
    box.add(text("a"));
    await tick();
    box.add(text("b"));
    box.add(text("x", "other"));
    await tick();
    expect(sent).toEqual(["x"]);
    down.clear();
    box.flush();
    await tick();
    expect(sent).toEqual(["x", "a", "b"]);
  });

  it("keeps a refused text for the agent, and goes on with the next", async () => {
    const box = make((entry) =>
      entry.clientId === "a" ? Promise.reject(new ApiError(409, "closed", "closed")) : Promise.resolve(answer(entry)),
    );
    box.add(text("a"));
    box.add(text("b"));
    await tick();
    expect(box.read()).toMatchObject([{ clientId: "a", state: "refused", code: "closed" }]);
  });

  it("does not send by itself what has waited too long", async () => {
    const box = make(() => Promise.reject(unreachable()));
    box.add(text("a"));
    await tick();
    now += TOO_OLD_MS + 1;
    box.flush();
    await tick();
    expect(box.read()[0]?.state).toBe("old");
  });

  it("survives a reload", async () => {
    make(() => Promise.reject(unreachable())).add(text("a"));
    await tick();
    const box = make((entry) => Promise.resolve(answer(entry)));
    expect(box.read()).toMatchObject([{ clientId: "a", state: "waiting" }]);
    box.flush();
    await tick();
    expect(box.read()).toHaveLength(0);
  });

  it("says so where this browser keeps nothing, and sends all the same", async () => {
    const full = vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
      throw new DOMException("full", "QuotaExceededError");
    });
    let down = true;
    const box = make((entry) => (down ? Promise.reject(unreachable()) : Promise.resolve(answer(entry))));
    box.add(text("a"));
    await tick();
    expect(box.stored).toBe(false);
    expect(box.read()).toMatchObject([{ clientId: "a", state: "waiting" }]);
    down = false;
    full.mockRestore();
    box.flush();
    await tick();
    expect(box.read()).toHaveLength(0);
    expect(box.stored).toBe(true);
  });
});
