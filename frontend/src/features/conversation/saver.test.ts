import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { findSaving, type Saving } from "./saver";
import { countSegments } from "@/ui/segments";

interface Case {
  text: string;
  latin1: boolean;
  emoji: boolean;
  encoding: string;
  units: number;
  parts: number;
  unicode: string[];
  saving: Saving | null;
}

// What the server answers to the same texts: what is shown before sending is what will leave.
const cases = JSON.parse(readFileSync("../tests/vectors/saver.json", "utf8")) as Case[];

describe("the composer spares as the server does", () => {
  it("has enough cases to mean something", () => {
    expect(cases.length).toBeGreaterThan(1000);
    expect(cases.filter((one) => one.saving !== null).length).toBeGreaterThan(300);
  });

  it("counts each of them alike", () => {
    const wrong = cases.flatMap((one) => {
      const { encoding, units, parts, unicode } = countSegments(one.text, one.latin1);
      const expected = { encoding: one.encoding, units: one.units, parts: one.parts, unicode: one.unicode };
      return JSON.stringify({ encoding, units, parts, unicode }) === JSON.stringify(expected) ? [] : [one.text];
    });
    expect(wrong).toEqual([]);
  });

  it("writes each of them alike", () => {
    const wrong = cases.flatMap((one) => {
      const found = findSaving(one.text, one);
      const { text, saved, swaps, removed } = found ?? {};
      const same = JSON.stringify(found && { text, saved, swaps, removed }) === JSON.stringify(one.saving);
      return same ? [] : [{ text: one.text, found, wanted: one.saving }];
    });
    expect(wrong).toEqual([]);
  });
});
