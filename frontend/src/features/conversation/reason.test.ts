import i18next from "i18next";
import { expect, it } from "vitest";
import { startI18n } from "@/app/i18n";
import type { DeliveryError } from "@/api/types";
import { reasonOf } from "./reason";

const error = (given: Partial<DeliveryError>): DeliveryError => ({
  code: "001", text: "refused by the operator", fr: "", en: "", final: true, wrong_number: false, ...given,
});
const say = (given: DeliveryError | null, language: string) => {
  startI18n(language === "fr" ? "fr" : "en");
  return reasonOf(given, language, i18next.getFixedT(language, "conversation"));
};

it("says in the reader's language what the code means at this operator", () => {
  const known = error({ fr: "Téléphone éteint", en: "Phone switched off" });
  expect(say(known, "fr")).toBe("Téléphone éteint");
  expect(say(known, "en")).toBe("Phone switched off");
});

it("says that the number is wrong, where it is", () => {
  expect(say(error({ en: "This number does not exist", wrong_number: true }), "en")).toMatch(/does not exist.*number/i);
});

it("shows what the operator said where nobody knows what it means", () => {
  expect(say(error({}), "en")).toBe("refused by the operator");
  expect(say(error({ text: "" }), "en")).toContain("001");
  expect(say(null, "en")).toBe("the operator gave no reason");
});
