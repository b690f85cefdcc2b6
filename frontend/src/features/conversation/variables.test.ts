import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { fill, stillMissing } from "./variables";

interface Vector {
  text: string;
  values: Record<string, string>;
  filled: string;
  missing: string[];
}

// The server's own test reads the same file: a reply is filled in alike on the desk and there.
const vectors = JSON.parse(readFileSync("../tests/vectors/variables.json", "utf8")) as Vector[];

describe("variables of canned replies", () => {
  it.each(vectors.map((one) => [one.text, one] as const))("%s", (_text, { text, values, filled, missing }) => {
    expect(fill(text, values)).toEqual({ text: filled, missing });
  });

  it("has enough vectors to mean something", () => expect(vectors.length).toBeGreaterThan(10));

  it("only what a reply lacked holds a text back, not what somebody wrote", () => {
    expect(stillMissing("{a} {b}", ["a", "c"])).toEqual(["a"]);
    expect(stillMissing("Bonjour {contact.name}", undefined)).toEqual([]);
  });
});
