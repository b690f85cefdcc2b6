/** What an operator's codes mean, as lines that people write: code; French; English; and what else is to be known. */
import type { TFunction } from "i18next";
import type { AdminLink } from "@/api/types";
import type { Field } from "./SideForm";

type Meanings = AdminLink["meanings"];
const PASSING = "passing";
const WRONG = "wrong";

export function writeMeanings(meanings: Meanings): string {
  return Object.entries(meanings)
    .map(([code, one]) => [code, one.fr, one.en, ...(one.final ? [] : [PASSING]), ...(one.wrong_number ? [WRONG] : [])].join("; "))
    .join("\n");
}

/** A line with too little in it keeps what it has: the server says what is missing. */
export function readMeanings(text: string): Meanings {
  const found: Meanings = {};
  for (const line of text.split("\n")) {
    const [code = "", fr = "", en = "", ...marks] = line.split(";").map((cell) => cell.trim());
    if (code) found[code] = { fr, en, final: !marks.includes(PASSING), wrong_number: marks.includes(WRONG) };
  }
  return found;
}

export function receiptFields(t: TFunction<"admin">, link: AdminLink | null): Field[] {
  const group = t("receipts.group");
  return [
    {
      name: "settings.error_profile", label: t("receipts.profile"), kind: "select", value: String(link?.settings.error_profile ?? ""), group,
      options: [
        { value: "", label: t("receipts.none") },
        { value: "gsm_map", label: t("receipts.gsm_map") },
      ],
    },
    {
      name: "meanings", label: t("receipts.meanings"), kind: "lines", value: writeMeanings(link?.meanings ?? {}), hint: t("receipts.meaningsHint"), group,
      read: readMeanings,
    },
  ];
}
