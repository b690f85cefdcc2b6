import { describe, expect, it } from "vitest";
import type { Row } from "@/api/types";
import { addPage, applyRows, belongs, compareRows, fromPages, settle, type ListData, type ListFilter } from "./listState";

const ME = "me";
const filter = (change: Partial<ListFilter> = {}): ListFilter => ({ view: "queue", line: [], status: null, text: "", ...change });
const at = (minute: number) => `2026-11-21T10:${String(minute).padStart(2, "0")}:00Z`;
const row = (id: string, change: Partial<Row> = {}): Row => ({
  id, revision: 1, status: "queued", line_id: "l", queue_id: "q", owner_id: null,
  contact: { id, name: id, address: id, language: null }, last_seq: 1,
  last_message: { kind: "incoming", author: "contact", preview: "", at: at(0) },
  waiting_since: at(0), opened_at: at(0), queued_at: null, closed_at: null, unread: 0, priority: 0, handover: null,
  deadline: null, callback_at: null, snooze: null, tags: [], vip: false, failed: false, ...change,
}); // prettier-ignore
const list = (...rows: Row[]): ListData => fromPages([{ items: rows, next: null }]);

describe("a list merges rows by revision", () => {
  it("never goes back to a lower revision", () => {
    const data = list(row("a", { revision: 5, unread: 2 }));
    expect(applyRows(data, [row("a", { revision: 4, unread: 9 })], filter(), ME)).toBe(data);
    expect(applyRows(data, [row("a", { revision: 6, unread: 0 })], filter(), ME).rows.a?.unread).toBe(0);
  });

  it("keeps the higher revision when the same row comes on two pages", () => {
    const data = fromPages([
      { items: [row("a", { revision: 7 })], next: "x" },
      { items: [row("a", { revision: 3 }), row("b")], next: null },
    ]);
    expect(data.order).toEqual(["a", "b"]);
    expect(data.rows.a?.revision).toBe(7);
  });
});

describe("rows keep their place until the list is settled", () => {
  const data = list(row("a", { waiting_since: at(1) }), row("b", { waiting_since: at(2) }));

  it("gathers newcomers apart, then shows the longest waiting first", () => {
    const grown = applyRows(data, [row("c", { waiting_since: at(0) })], filter(), ME);
    expect(grown.order).toEqual(["a", "b"]);
    expect(grown.arrivals).toEqual(["c"]);
    expect(settle(grown, filter())).toMatchObject({ order: ["c", "a", "b"], arrivals: [] });
  });

  it("does not move a row whose wait has ended", () => {
    const changed = applyRows(data, [row("a", { revision: 2, waiting_since: null })], filter(), ME);
    expect(changed.order).toEqual(["a", "b"]);
    expect(settle(changed, filter()).order).toEqual(["b", "a"]);
  });

  it("takes away at once what no longer belongs", () => {
    const taken = applyRows(data, [row("a", { revision: 2, status: "open", owner_id: ME })], filter(), ME);
    expect(taken.order).toEqual(["b"]);
    expect(taken.rows.a).toBeUndefined();
  });

  it("is the same list when there is nothing to settle", () => {
    expect(settle(data, filter())).toBe(data);
  });
});

describe("a text that nobody has answered", () => {
  const notice = row("n", { status: "closed", last_seq: 2, last_message: { kind: "outgoing", author: "system", preview: "", at: at(9) } });

  it("does not arrive among all, and does where what is closed is wanted", () => {
    const data = list(row("a", { status: "open" }));
    expect(applyRows(data, [notice], filter({ view: "all" }), ME)).toBe(data);
    expect(applyRows(data, [notice], filter({ view: "all", status: "closed" }), ME).arrivals).toEqual(["n"]);
    expect(applyRows(data, [{ ...notice, last_seq: 3 }], filter({ view: "all" }), ME).arrivals).toEqual(["n"]);
  });
});

describe("what belongs in a view", () => {
  it.each([
    ["mine", row("a", { status: "open", owner_id: ME }), 1],
    ["mine", row("a", { status: "open", owner_id: "other" }), 0],
    ["mine", row("a", { status: "closed", owner_id: ME }), 0],
    ["mine", row("a", { status: "snoozed", owner_id: ME }), 0],
    ["snoozed", row("a", { status: "snoozed", owner_id: ME }), 1],
    ["snoozed", row("a", { status: "snoozed", owner_id: "other" }), 0],
    ["queue", row("a"), 1],
    ["queue", row("a", { status: "bot" }), 0],
    ["all", row("a", { status: "bot" }), 1],
    ["all", row("a", { status: "closed" }), 1],
  ] as const)("%s, case %#", (view, one, count) => {
    expect(applyRows(list(), [one], filter({ view }), ME).arrivals).toHaveLength(count);
  });

  it("keeps a row of All in its place when it is closed", () => {
    const all = filter({ view: "all" });
    const data = applyRows(list(row("a", { status: "open" })), [row("a", { revision: 2, status: "closed" })], all, ME);
    expect(data.order).toEqual(["a"]);
  });

  it("obeys the line filter, and does not let a search grow", () => {
    expect(applyRows(list(), [row("a")], filter({ line: ["other"] }), ME).arrivals).toEqual([]);
    expect(applyRows(list(), [row("a")], filter({ text: "ad" }), ME).arrivals).toEqual([]);
  });

  it("leaves to the next page what lies beyond the last row loaded", () => {
    const data = { ...list(row("a", { waiting_since: at(1) })), next: "more" };
    expect(data.edge?.id).toBe("a");
    expect(applyRows(data, [row("z", { waiting_since: at(9) })], filter(), ME)).toBe(data);
    expect(applyRows(data, [row("y", { waiting_since: at(0) })], filter(), ME).arrivals).toEqual(["y"]);
  });
});

it("a newcomer is not taken for one of the next page because the last row shown has moved up", () => {
  const all = filter({ view: "all" });
  const active = (minute: number) => ({ kind: "incoming", author: "contact", preview: "", at: at(minute) }) as const;
  const data = { ...list(row("a", { last_message: active(9) }), row("b", { last_message: active(5) })), next: "more" };
  const moved = applyRows(data, [row("b", { revision: 2, last_message: active(20) })], all, ME);
  expect(applyRows(moved, [row("c", { last_message: active(7) })], all, ME).arrivals).toEqual(["c"]);
});

it("a page that holds a newcomer puts it in its place once", () => {
  const data = { ...list(row("a", { waiting_since: at(1) })), arrivals: ["b"], next: "more" };
  const next = addPage(data, { items: [row("b", { waiting_since: at(2) })], next: null });
  expect(next).toMatchObject({ order: ["a", "b"], arrivals: [], next: null });
});

describe("whatever happens, in whatever order", () => {
  /** Numbers that look like chance and are the same each time: what fails can be looked at again. */
  const chance = (seed: number) => () => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;

  it.each(Array.from({ length: 60 }, (_, seed) => seed + 1))("no row moves before the list is settled, and none is lost (%i)", (seed) => {
    const random = chance(seed);
    const pick = <T>(some: readonly T[]): T => some[Math.floor(random() * some.length)]!;
    const wanted = filter(pick([{}, { order: "deadline" }, { priority: 1 }, { view: "all" }]));
    const truth = new Map<string, Row>();
    let data = list();
    for (let step = 0; step < 80; step += 1) {
      const id = pick(["a", "b", "c", "d", "e", "f", "g", "h"]);
      const known = truth.get(id);
      const next = row(id, {
        revision: (known?.revision ?? 0) + 1, status: pick(["queued", "queued", "open", "bot"]), priority: pick([0, 1]), failed: pick([true, false]),
        waiting_since: pick([null, at(pick([1, 2, 3, 4]))]), deadline: pick([null, { kind: "next", at: at(pick([5, 6])), warn_at: at(4) }]),
        last_message: { kind: "incoming", author: "contact", preview: "", at: at(pick([1, 2, 3])) },
      }); // prettier-ignore
      truth.set(id, next);
      const stale = { ...next, revision: next.revision - 1, status: "open" as const };
      const before = data.order;
      data = applyRows(data, random() < 0.5 ? [next, stale] : [next], wanted, ME);
      const stayed = before.filter((one) => data.order.includes(one));
      expect(data.order).toEqual(stayed); // nobody came in between, nobody changed places
      expect(data.arrivals.filter((one) => data.order.includes(one))).toEqual([]);
      expect(new Set(data.arrivals).size).toBe(data.arrivals.length);
      const here = [...truth.values()].filter((one) => belongs(one, wanted, ME));
      expect([...data.order, ...data.arrivals].sort()).toEqual(here.map((one) => one.id).sort());
      if (random() < 0.2) {
        data = settle(data, wanted);
        expect(data.order).toEqual(here.toSorted(compareRows(wanted)).map((one) => one.id));
        expect(settle(data, wanted)).toBe(data);
      }
    }
  });
});

it("takes what is shown beside a row of the same revision, as it came last", () => {
  const data = list(row("a", { revision: 5 }));
  expect(applyRows(data, [row("a", { revision: 5, failed: true })], filter(), ME).rows.a?.failed).toBe(true);
  expect(applyRows(data, [row("a", { revision: 5, tags: ["t"] })], filter(), ME).rows.a?.tags).toEqual(["t"]);
  expect(applyRows(data, [row("a", { revision: 4, failed: true })], filter(), ME)).toBe(data);
});

describe("ordered by what is missed next", () => {
  const due = (minute: number) => ({ kind: "first" as const, at: at(minute), warn_at: at(minute - 5) });
  const wanted = filter({ order: "deadline" });

  it("puts the nearest deadline first and those without one last", () => {
    const data = list(row("none", { waiting_since: at(0) }), row("late", { deadline: due(10) }), row("calm", { deadline: due(40), waiting_since: at(0) }));
    expect(settle(data, wanted).order).toEqual(["late", "calm", "none"]);
  });

  it("moves a row when its deadline is another", () => {
    const data = list(row("a", { deadline: due(10) }), row("b", { deadline: due(20) }));
    const later = applyRows(data, [row("a", { revision: 2, deadline: due(30) })], wanted, ME);
    expect(settle(later, wanted).order).toEqual(["b", "a"]);
  });
});
