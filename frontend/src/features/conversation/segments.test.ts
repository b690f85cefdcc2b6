import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { countSegments, findSaving } from "./segments";

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

describe("the saving offered", () => {
  const long = "Bonjour, votre bonus arrive. ".repeat(5);

  it("replaces what forces Unicode when that costs fewer SMS", () => {
    const saving = findSaving(`${long}Bonne fête`);
    expect(saving).toMatchObject({ swaps: [["ê", "e"]], saved: 2 });
    expect(saving?.text.endsWith("Bonne fete")).toBe(true);
    expect(countSegments(saving!.text).encoding).toBe("gsm7");
  });

  it("keeps the accents that GSM-7 has", () => {
    expect(findSaving(`${long}déjà reçu, très bien`)?.text).toContain("déjà recu, très bien");
  });

  it("says nothing when nothing is saved", () => {
    expect(findSaving("fête")).toBeNull();
    expect(findSaving(long)).toBeNull();
  });

  it("says nothing when a character has no likeness", () => {
    expect(findSaving(`${long}😡`)).toBeNull();
  });

  it("straightens quotes, dashes and ligatures", () => {
    const saving = findSaving(`${long}« l’œuf » — …`);
    expect(saving?.text.endsWith('" l\'oeuf " - ...')).toBe(true);
  });
});
