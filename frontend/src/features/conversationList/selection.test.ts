import { describe, expect, it } from "vitest";
import { NOBODY, remaining, toggled, type Chosen } from "./selection";

const ORDER = ["a", "b", "c", "d", "e"];
const clicks = (...all: [string, boolean][]): Chosen => all.reduce((chosen, [id, range]) => toggled(chosen, ORDER, id, range), NOBODY);
const ids = (chosen: Chosen) => [...chosen.ids].sort().join("");

describe("choosing several rows", () => {
  it("a click chooses one and takes it away again", () => {
    expect(ids(clicks(["b", false]))).toBe("b");
    expect(ids(clicks(["b", false], ["b", false]))).toBe("");
  });

  it("Shift and a click choose all between, in either direction", () => {
    expect(ids(clicks(["b", false], ["d", true]))).toBe("bcd");
    expect(ids(clicks(["d", false], ["a", true]))).toBe("abcd");
  });

  it("Shift and a click on a chosen one take all between away", () => {
    expect(ids(clicks(["a", false], ["e", true], ["c", true]))).toBe("ab");
  });

  it("without a first click, or one that has left the list, only the clicked one is chosen", () => {
    expect(ids(clicks(["c", true]))).toBe("c");
    expect(ids(toggled({ ids: new Set(), all: false, from: "gone" }, ORDER, "c", true))).toBe("c");
  });

  it("of the whole list one is taken away: what is loaded stays chosen without it", () => {
    expect(toggled({ ...NOBODY, all: true }, ORDER, "c", false)).toMatchObject({ all: false, ids: new Set(["a", "b", "d", "e"]) });
  });

  it("what has left the list is chosen no more", () => {
    const chosen = clicks(["a", false], ["c", true]);
    expect(ids(remaining(chosen, ["b", "c"]))).toBe("bc");
    expect(remaining(chosen, ORDER)).toBe(chosen);
  });
});
