/** What a data_coding means on a link, and how its long texts travel: defaults that most operators need no change of. */
import type { TFunction } from "i18next";
import type { AdminLink } from "@/api/types";
import type { Field } from "./SideForm";

const ALPHABETS = ["gsm7", "gsm7_packed", "latin1", "ascii", "utf8"] as const;
const SUBMITS = ["submit_sm", "data_sm"] as const;
const LONG = ["udh", "sar", "payload"] as const;

export function textFields(t: TFunction<"admin">, link: AdminLink | null): Field[] {
  const group = t("linkText.group");
  const words = (name: string, first: string) => String(link?.settings[name] ?? first);
  const flag = (name: string) => link?.settings[name] === true;
  const fields: Omit<Field, "group">[] = [
    {
      name: "settings.default_alphabet", label: t("linkText.default_alphabet"), kind: "select",
      value: words("default_alphabet", "gsm7"), hint: t("linkText.default_alphabetHint"),
      options: ALPHABETS.map((value) => ({ value, label: t(`linkText.alphabets.${value}`) })),
    },
    {
      name: "settings.data_codings", label: t("linkText.data_codings"), kind: "text", value: words("data_codings", ""),
      hint: t("linkText.data_codingsHint"),
    },
    {
      name: "settings.data_coding_gsm", label: t("linkText.data_coding_gsm"), kind: "number",
      value: words("data_coding_gsm", "0"), hint: t("linkText.data_coding_gsmHint"),
    },
    {
      name: "settings.data_coding_latin1", label: t("linkText.data_coding_latin1"), kind: "number",
      value: words("data_coding_latin1", ""), hint: t("linkText.data_coding_latin1Hint"),
    },
    {
      name: "settings.data_coding_ucs2", label: t("linkText.data_coding_ucs2"), kind: "number",
      value: words("data_coding_ucs2", "8"),
    },
    { name: "settings.little_endian", label: t("linkText.little_endian"), kind: "switch", value: flag("little_endian") },
    { name: "settings.packed_gsm", label: t("linkText.packed_gsm"), kind: "switch", value: flag("packed_gsm") },
    {
      name: "settings.long_text", label: t("linkText.long_text"), kind: "select", value: words("long_text", "udh"),
      options: LONG.map((value) => ({ value, label: t(`linkText.long.${value}`) })),
    },
    {
      name: "settings.submit_by", label: t("linkText.submit_by"), kind: "select", value: words("submit_by", "submit_sm"),
      hint: t("linkText.submit_byHint"), options: SUBMITS.map((value) => ({ value, label: t(`linkText.submits.${value}`) })),
    },
    { name: "settings.wide_reference", label: t("linkText.wide_reference"), kind: "switch", value: flag("wide_reference") },
    {
      name: "settings.parts_wait_s", label: t("linkText.parts_wait_s"), kind: "number", value: words("parts_wait_s", "600"),
      hint: t("linkText.parts_wait_sHint"),
    },
  ];
  return fields.map((field) => ({ ...field, group }));
}
