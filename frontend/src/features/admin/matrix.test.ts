import { describe, expect, it } from "vitest";
import { capacityOf, levelOf, movedBy } from "./matrix";

const press = (key: string, code = "", shiftKey = false) => ({ key, code, shiftKey, ctrlKey: false });
const SIZE = { rows: 60, columns: 21 };

describe("moving in the skills table", () => {
  it("arrows stop at the edges", () => {
    expect(movedBy(press("ArrowUp"), { row: 0, column: 3 }, SIZE)).toEqual({ row: 0, column: 3 });
    expect(movedBy(press("ArrowRight"), { row: 5, column: 20 }, SIZE)).toEqual({ row: 5, column: 20 });
    expect(movedBy(press("ArrowDown"), { row: 5, column: 2 }, SIZE)).toEqual({ row: 6, column: 2 });
  });

  it("Home and End go along the row, and with Ctrl to the corners", () => {
    expect(movedBy(press("End"), { row: 7, column: 2 }, SIZE)).toEqual({ row: 7, column: 20 });
    expect(movedBy({ ...press("End"), ctrlKey: true }, { row: 7, column: 2 }, SIZE)).toEqual({ row: 59, column: 20 });
    expect(movedBy(press("a"), { row: 7, column: 2 }, SIZE)).toBeNull();
  });
});

describe("what a key gives", () => {
  it("a digit of the row above the letters is a digit on AZERTY, too", () => {
    expect(levelOf(press("&", "Digit1"), 0)).toBe(1);
    expect(levelOf(press("(", "Digit5"), 0)).toBe(5);
    expect(levelOf(press("3", "Numpad3"), 0)).toBe(3);
  });

  it("6 is no level, 0 and Delete take it away, plus and minus stay within 0 and 5", () => {
    expect(levelOf(press("6", "Digit6"), 2)).toBeNull();
    expect(levelOf(press("à", "Digit0"), 2)).toBe(0);
    expect(levelOf(press("Delete"), 2)).toBe(0);
    expect(levelOf(press("+"), 5)).toBe(5);
    expect(levelOf(press("-"), 0)).toBe(0);
  });

  it("two digits in a row are one capacity, a late one begins anew, and none is above fifty", () => {
    const type = (digit: string, rest: Partial<Parameters<typeof capacityOf>[1]>) =>
      capacityOf(press(digit, `Numpad${digit}`), { now: 5, cell: "a", optional: false, before: null, at: 1000, ...rest })!;
    const first = type("1", {});
    expect(first.value).toBe(1);
    expect(type("2", { before: first.typed, at: 1500 }).value).toBe(12);
    expect(type("2", { before: first.typed, at: 9000 }).value).toBe(2);
    expect(type("2", { before: first.typed, at: 1500, cell: "b" }).value).toBe(2);
    expect(type("8", { before: type("9", {}).typed, at: 1100 }).value).toBe(8);
  });

  it("Delete takes a medium's limit away, and leaves 0 where there must be one", () => {
    const remove = (optional: boolean) => capacityOf(press("Delete"), { now: 5, cell: "a", optional, before: null, at: 0 })!.value;
    expect(remove(true)).toBeNull();
    expect(remove(false)).toBe(0);
  });
});
