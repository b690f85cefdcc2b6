/** The fields of each form, filled from what is stored. */
import type { TFunction } from "i18next";
import type { AdminLine, AdminLink, AdminUser, Role, Schedule } from "@/api/types";
import { calledFields, httpFields, twilioFields, type LinkKind } from "./linkKinds";
import { textFields } from "./linkTextFields";
import { receiptFields } from "./linkReceiptFields";
import type { Field, Value } from "./SideForm";

type T = TFunction<"admin">;
const ROLES: Role[] = ["agent", "supervisor", "administrator", "observer"];
const LANGUAGES = ["fr", "en"] as const;
const FAILOVERS = ["never", "after", "at_once"] as const;
const SAVERS = ["ask", "always", "never"] as const;

const languages = (t: T) => LANGUAGES.map((value) => ({ value, label: t(`languages.${value}`) }));

/** `invite`: what is said of a person who sets his password himself. */
export function userFields(t: T, user: AdminUser | null, invite: string): Field[] {
  return [
    { name: "name", label: t("field.name"), kind: "text", value: user?.name ?? "" },
    { name: "email", label: t("field.email"), kind: "email", value: user?.email ?? "" },
    {
      name: "role", label: t("field.role"), kind: "select", value: user?.role ?? "agent",
      options: ROLES.map((value) => ({ value, label: t(`role.${value}`) })),
    },
    { name: "language", label: t("field.language"), kind: "select", value: user?.language ?? "fr", options: languages(t) },
    ...(user ? [] : [{ name: "is_invited", label: invite, kind: "switch" as const, value: false }]),
    {
      name: "password", shown: (values: Record<string, Value>) => values.is_invited !== true, label: t("field.password"), kind: "password", value: "", keepEmpty: true, autoComplete: "new-password",
      hint: user ? t("field.passwordKeep") : undefined,
    },
    ...(user ? [{ name: "is_active", label: t("field.is_active"), kind: "switch" as const, value: user.is_active }] : []),
  ];
}

export function lineFields(
  t: T,
  line: AdminLine | null,
  choices: { bots: string[]; engines: ("embedded" | "rasa")[]; queues: { id: string; name: string }[]; links: AdminLink[]; schedules: Schedule[] },
): Field[] {
  return [
    { name: "name", label: t("field.name"), kind: "text", value: line?.name ?? "" },
    { name: "address", label: t("field.address"), kind: "text", value: line?.address ?? "", hint: t("field.addressHint") },
    {
      name: "bot", label: t("field.bot"), kind: "select", value: line?.bot ?? "",
      options: [{ value: "", label: t("field.noBot") }, ...choices.bots.map((bot) => ({ value: bot, label: bot }))],
    },
    {
      name: "bot_engine", label: t("field.bot_engine"), kind: "select", value: line?.bot_engine ?? "", hint: t("field.bot_engineHint"),
      options: [{ value: "", label: t("engine.own") }, ...choices.engines.map((one) => ({ value: one, label: t(`engine.${one}`) }))],
    },
    {
      name: "queue_id", label: t("field.queue_id"), kind: "select", value: line?.queue_id ?? choices.queues[0]?.id ?? "",
      options: choices.queues.map((queue) => ({ value: queue.id, label: queue.name })),
    },
    { name: "language", label: t("field.language"), kind: "select", value: line?.language ?? "fr", options: languages(t) },
    {
      name: "link_ids", label: t("field.link_ids"), kind: "many", value: line?.link_ids ?? [],
      options: choices.links.map((link) => ({ value: link.id, label: link.name })),
    },
    {
      name: "most_parts", label: t("field.most_parts"), kind: "number", value: String(line?.most_parts ?? 10),
      hint: t("field.most_partsHint"),
    },
    {
      name: "saver", label: t("field.saver"), kind: "select", value: line?.saver ?? "ask", hint: t("field.saverHint"),
      options: SAVERS.map((value) => ({ value, label: t(`saver.${value}`) })),
    },
    {
      name: "failover", label: t("field.failover"), kind: "select", value: line?.failover ?? "never",
      options: FAILOVERS.map((value) => ({ value, label: t(`failover.${value}`) })),
    },
    {
      name: "failover_after_s", label: t("field.failover_after_s"), kind: "number", value: String(line?.failover_after_s ?? 60),
      hint: t("field.failover_after_sHint"),
    },
    {
      name: "schedule_id", label: t("hours.ofLine.schedule"), kind: "select", value: line?.schedule_id ?? "", hint: t("hours.ofLine.hint"),
      options: [{ value: "", label: t("hours.ofLine.none") }, ...choices.schedules.map((one) => ({ value: one.id, label: one.name }))],
    },
    { name: "bot_after_hours", label: t("hours.ofLine.bot"), kind: "switch", value: line?.bot_after_hours ?? true },
    { name: "promises_callback", label: t("hours.ofLine.promises"), kind: "switch", value: line?.promises_callback ?? false },
    { name: "answers_after_stop", label: t("field.answers_after_stop"), kind: "switch", value: line?.answers_after_stop ?? false },
    { name: "is_enabled", label: t("field.is_enabled"), kind: "switch", value: line?.is_enabled ?? true },
  ];
}

export function linkFields(t: T, link: AdminLink | null, kind: LinkKind, filler?: Field["filler"]): Field[] {
  const stored = (name: string, first: string | number) => String(link ? (link.settings[name] ?? "") : first);
  const account: Record<LinkKind, () => Field[]> = {
    "sms.smpp": () => [
      { name: "settings.host", label: t("field.host"), kind: "text", value: stored("host", "") },
      { name: "settings.port", label: t("field.port"), kind: "number", value: stored("port", 2775) },
      { name: "settings.system_id", label: t("field.system_id"), kind: "text", value: stored("system_id", "") },
    ],
    "sms.twilio": () => twilioFields(t, link),
    "sms.http": () => httpFields(t, link),
  };
  const secretHint = { "sms.smpp": undefined, "sms.twilio": t("twilio.secretHint"), "sms.http": t("http.secretHint") }[kind];
  return [
    { name: "name", label: t("field.name"), kind: "text", value: link?.name ?? "" },
    ...account[kind](),
    {
      name: "secret", label: kind === "sms.twilio" ? t("twilio.secret") : t("field.secret"), kind: "password", value: "", keepEmpty: true,
      autoComplete: "new-password", hint: [link?.has_secret ? t("field.secretKept") : "", secretHint ?? ""].filter(Boolean).join(" ") || undefined,
    },
    { name: "settings.window", label: t("field.window"), kind: "number", value: stored("window", 10) },
    { name: "settings.rate_per_s", label: t("field.rate_per_s"), kind: "number", value: stored("rate_per_s", 0) },
    { name: "operator", label: t("field.operator"), kind: "text", value: link?.operator ?? "", hint: t("field.operatorHint") },
    { name: "prefixes", label: t("field.prefixes"), kind: "words", value: (link?.prefixes ?? []).join(" "), hint: t("field.prefixesHint"), filler },
    { name: "is_enabled", label: t("field.is_enabled"), kind: "switch", value: link?.is_enabled ?? true },
    ...calledFields(t, link),
    ...(kind === "sms.smpp" ? textFields(t, link) : []),
    ...receiptFields(t, link),
  ];
}
