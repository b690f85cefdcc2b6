import { expect, it } from "vitest";
import { readMeanings, writeMeanings } from "./linkReceiptFields";

it("reads what it has written", () => {
  const meanings = {
    "001": { fr: "Numéro inconnu", en: "Unknown number", final: true, wrong_number: true },
    "34": { fr: "Panne", en: "A fault", final: false, wrong_number: false },
  };
  expect(readMeanings(writeMeanings(meanings))).toEqual(meanings);
});

it("leaves it to the server to say what a line lacks", () => {
  expect(readMeanings("\n 12 ; Trop tard\n;;\n")).toEqual({ "12": { fr: "Trop tard", en: "", final: true, wrong_number: false } });
});
