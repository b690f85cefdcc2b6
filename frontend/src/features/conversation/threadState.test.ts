import { describe, expect, it } from "vitest";
import type { Delivery, DeliveryStatus, Message, MessagePage } from "@/api/types";
import type { ServerEvent } from "@/realtime/events.gen";
import { makeMessage } from "@/testing/fakeData";
import { applyEvent, hasHole, mergeMessages, mergeNewestPage, mergeOlderPage, newerDelivery, type Thread } from "./threadState";

const delivery = (status: DeliveryStatus): Delivery => ({ status, error: null, parts: 1, encoding: "gsm7", link_id: null });
const message = (seq: number, status?: DeliveryStatus): Message =>
  makeMessage(seq, {
    kind: status ? "outgoing" : "incoming",
    body: `text ${seq}`,
    at: "2026-11-21T10:00:00Z",
    delivery: status ? delivery(status) : null,
  });
const page = (seqs: number[], has_more = false): MessagePage => ({ items: seqs.map((seq) => message(seq)), has_more, head: 1, epoch: 1 });
const seqs = (items: Message[]) => items.map(({ seq }) => seq);
const progressed = (seq: number, status: DeliveryStatus): ServerEvent => ({
  type: "deliveries.progressed",
  seq: 10,
  at: "",
  deliveries: [{ conversation_id: "c", message_id: "m", seq, status, error: null }],
});

describe("messages are merged by their number", () => {
  it("puts frames that come out of order in order", () => {
    let items: Message[] = [];
    for (const seq of [3, 1, 2]) items = mergeMessages(items, [message(seq)]);
    expect(seqs(items)).toEqual([1, 2, 3]);
  });

  it("takes a repeated frame without a second bubble", () => {
    const items = mergeMessages([message(1)], [message(1), message(1)]);
    expect(items).toHaveLength(1);
  });

  it("does not touch the list for nothing", () => {
    const items = [message(1)];
    expect(mergeMessages(items, [])).toBe(items);
  });
});

describe("a delivery only moves forward", () => {
  it.each([
    ["queued", "sent", "sent"],
    ["delivered", "sent", "delivered"],
    ["sent", "sending", "sent"],
    ["unknown", "sent", "sent"],
    ["sent", "unknown", "unknown"],
    ["delivered", "unknown", "delivered"],
    ["failed", "delivered", "delivered"],
    ["delivered", "failed", "failed"],
    ["delivered", "queued", "delivered"],
  ] as const)("%s then %s shows %s", (first, then, shown) => {
    expect(newerDelivery(delivery(first), delivery(then))?.status).toBe(shown);
  });

  it("keeps its place when an older copy of the message arrives", () => {
    const items = mergeMessages([message(1, "delivered")], [message(1, "queued")]);
    expect(items[0]?.delivery?.status).toBe("delivered");
  });

  it("ignores progress of another conversation", () => {
    const thread: Thread = { items: [message(1, "queued")], hasMore: false };
    expect(applyEvent(thread, progressed(1, "sent"), "other")).toBe(thread);
    expect(applyEvent(thread, progressed(1, "sent"), "c").items[0]?.delivery?.status).toBe("sent");
  });

  it("leaves the thread alone when nothing moves", () => {
    const thread: Thread = { items: [message(1, "delivered")], hasMore: false };
    expect(applyEvent(thread, progressed(1, "sent"), "c")).toBe(thread);
  });
});

describe("pages", () => {
  it("joins the newest page to what is here when they touch", () => {
    const thread = mergeNewestPage({ items: page([1, 2, 3]).items, hasMore: false }, page([3, 4, 5], true));
    expect(seqs(thread.items)).toEqual([1, 2, 3, 4, 5]);
    expect(thread.hasMore).toBe(false);
  });

  it("starts afresh when a hole would be left", () => {
    const thread = mergeNewestPage({ items: page([1, 2, 3]).items, hasMore: false }, page([60, 61], true));
    expect(seqs(thread.items)).toEqual([60, 61]);
    expect(thread.hasMore).toBe(true);
  });

  it("puts older messages above", () => {
    const thread = mergeOlderPage({ items: page([4, 5]).items, hasMore: true }, page([2, 3], true));
    expect(seqs(thread.items)).toEqual([2, 3, 4, 5]);
    expect(thread.hasMore).toBe(true);
  });

  it("keeps a delivery that the stream moved while the page travelled", () => {
    const thread = mergeNewestPage({ items: [message(1, "delivered")], hasMore: false }, {
      ...page([]),
      items: [message(1, "sent"), message(2)],
    });
    expect(thread.items[0]?.delivery?.status).toBe("delivered");
  });
});

describe("a hole is noticed", () => {
  const thread = (...numbers: number[]): Thread => ({ items: numbers.map((seq) => message(seq)), hasMore: true });

  it.each([
    [thread(4, 5, 6), 6, false],
    [thread(4, 6), 6, true],
    [thread(4, 5), 6, true],
    [thread(4, 5, 6), 5, false],
    [thread(), 0, false],
    [thread(), 1, true],
  ])("case %#", (given, last, hole) => {
    expect(hasHole(given, last)).toBe(hole);
  });
});
