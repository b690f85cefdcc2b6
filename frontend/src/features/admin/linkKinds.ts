/** The kinds of link, and the fields of those whose provider is called over HTTP. */
import type { TFunction } from "i18next";
import type { AdminLink } from "@/api/types";
import type { Field } from "./SideForm";

type T = TFunction<"admin">;
export const KINDS = ["sms.smpp", "sms.twilio", "sms.http"] as const;
export type LinkKind = (typeof KINDS)[number];

export const kindOf = (adapter: string): LinkKind => KINDS.find((one) => one === adapter) ?? "sms.smpp";

const METHODS = ["POST", "PUT", "GET"] as const;
const BODIES = ["form", "json", "none"] as const;
const AUTHS = ["basic", "bearer", "header", "query", "field", "none"] as const;
const CALLS = ["form", "json", "query"] as const;
const PROOFS = ["header", "basic", "query", "field", "hmac_sha256", "hmac_sha1"] as const;

/** What the provider is told to call: there once the link is stored, and has an address of its own. */
export function calledFields(t: T, link: AdminLink | null): Field[] {
  if (!link?.webhooks) return [];
  return [
    { name: "webhooks_texts", label: t("called.texts"), kind: "copy", value: `${link.webhooks}/texts`, hint: t(`called.hint.${kindOf(link.adapter) === "sms.twilio" ? "twilio" : "http"}`) },
    { name: "webhooks_receipts", label: t("called.receipts"), kind: "copy", value: `${link.webhooks}/receipts` },
  ];
}

export function twilioFields(t: T, link: AdminLink | null): Field[] {
  const words = (name: string) => String(link?.settings[name] ?? "");
  return [
    { name: "settings.account_sid", label: t("twilio.account_sid"), kind: "text", value: words("account_sid"), hint: t("twilio.account_sidHint") },
    { name: "settings.messaging_service_sid", label: t("twilio.messaging_service_sid"), kind: "text", value: words("messaging_service_sid"), hint: t("twilio.messaging_service_sidHint") },
  ];
}

export function httpFields(t: T, link: AdminLink | null): Field[] {
  const words = (name: string, first = "") => String(link ? (link.settings[name] ?? "") : first);
  const text = (name: "url" | "template" | "auth_name" | "user" | "answer_ok" | "answer_id" | "answer_error" | "permanent_errors" | "throttled_errors" | "passing_errors" | "proof_name" | "text_fields" | "receipt_fields" | "receipt_states" | "inbound_answer", first = ""): Field => ({
    name: `settings.${name}`, label: t(`http.${name}`), kind: "text", value: words(name, first), hint: t(`http.${name}Hint`),
  });
  const choice = (name: "method" | "body" | "auth" | "calls" | "proof", values: readonly string[]): Field => ({
    name: `settings.${name}`, label: t(`http.${name}`), kind: "select", value: words(name) || values[0]!,
    options: values.map((value) => ({ value, label: name === "method" ? value : t(`http.choices.${name}.${value}` as "http.choices.body.form") })),
  });
  const grouped = (group: string, fields: Field[]) => fields.map((field) => ({ ...field, group }));
  return [
    text("url"),
    choice("method", METHODS),
    choice("body", BODIES),
    text("template", "to={to_digits}&from={from}&text={text}&dlr={receipts_url}"),
    choice("auth", AUTHS),
    text("auth_name"),
    text("user"),
    ...grouped(t("http.answers"), [
      text("answer_ok"), text("answer_id"), text("answer_error"), text("permanent_errors"), text("throttled_errors"), text("passing_errors"),
    ]),
    ...grouped(t("http.inbound"), [
      choice("calls", CALLS), choice("proof", PROOFS), text("proof_name"), text("text_fields"), text("receipt_fields"),
      text("receipt_states"), text("inbound_answer", "OK"),
    ]),
  ];
}
