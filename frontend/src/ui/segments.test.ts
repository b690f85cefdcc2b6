import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { countSegments } from "./segments";

interface Vector {
  name?: string;
  text: string;
  encoding: "gsm7" | "ucs2";
  units: number;
  parts: number;
}

// The same vectors as the gateway's own test: the screen and the operator must count alike.
const vectors = JSON.parse(readFileSync("../tests/vectors/segments.json", "utf8")) as Vector[];

describe("the segment counter agrees with the gateway", () => {
  it.each(vectors.map((vector) => [vector.name ?? vector.text.slice(0, 40), vector] as const))("%s", (_name, vector) => {
    const { encoding, units, parts } = countSegments(vector.text);
    expect({ encoding, units, parts }).toEqual({ encoding: vector.encoding, units: vector.units, parts: vector.parts });
  });

  it("has enough vectors to mean something", () => {
    expect(vectors.length).toBeGreaterThan(20);
  });
});
