import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import type { LookUp, LookUpColumn, LookUpParameter, LookUpSource } from "@/api/types";
import { ColumnRows, ParameterRows } from "./LookupRows";
import { SideForm, type Field } from "./SideForm";

const SSL_MODES = ["prefer", "require", "verify-ca", "verify-full", "disable"] as const;
const AUTHS = ["none", "bearer", "header", "basic"] as const;
export type SourceKind = "sql" | "rest";

type T = TFunction<"admin">;

function sqlFields(t: T, stored: (name: string, first?: string) => string): Field[] {
  return [
    { name: "settings.host", label: t("lookups.field.host"), kind: "text", value: stored("host") },
    { name: "settings.port", label: t("lookups.field.port"), kind: "number", value: stored("port", "5432") },
    { name: "settings.database", label: t("lookups.field.database"), kind: "text", value: stored("database") },
    { name: "settings.user", label: t("lookups.field.user"), kind: "text", value: stored("user") },
    {
      name: "settings.sslmode", label: t("lookups.field.sslmode"), kind: "select", value: stored("sslmode", "prefer"),
      options: SSL_MODES.map((value) => ({ value, label: t(`lookups.sslmodes.${value}`) })),
    },
  ];
}

function restFields(t: T, stored: (name: string, first?: string) => string): Field[] {
  return [
    { name: "settings.url", label: t("lookups.field.url"), kind: "text", value: stored("url"), hint: t("lookups.field.urlHint") },
    {
      name: "settings.auth", label: t("lookups.field.auth"), kind: "select", value: stored("auth", "none"),
      options: AUTHS.map((value) => ({ value, label: t(`lookups.auths.${value}`) })),
    },
    { name: "settings.auth_name", label: t("lookups.field.auth_name"), kind: "text", value: stored("auth_name"), shown: (values) => values["settings.auth"] === "header" },
    { name: "settings.user", label: t("lookups.field.restUser"), kind: "text", value: stored("user"), shown: (values) => values["settings.auth"] === "basic" },
  ];
}

/** `source` null: a new one of this kind. */
export function SourceForm({ kind, source, onClose }: { kind: SourceKind; source: LookUpSource | null; onClose: () => void }) {
  const { t } = useTranslation("admin");
  const stored = (name: string, first = "") => String(source?.settings[name] ?? (source ? "" : first));
  const fields: Field[] = [
    { name: "name", label: t("lookups.field.name"), kind: "text", value: source?.name ?? "" },
    ...(kind === "sql" ? sqlFields(t, stored) : restFields(t, stored)),
    {
      name: "secret", label: t("lookups.field.secret"), kind: "password", value: "", keepEmpty: true, autoComplete: "new-password",
      hint: [t("lookups.field.secretHint"), source?.has_secret ? t("lookups.field.secretKept") : ""].filter(Boolean).join(" "),
      shown: (values) => kind === "sql" || values["settings.auth"] !== "none",
    },
    { name: "connect_ms", label: t("lookups.field.connect_ms"), kind: "number", value: String(source?.connect_ms ?? 500) },
    { name: "settings.authority", label: t("lookups.field.authority"), kind: "lines", value: stored("authority"), hint: t("lookups.field.authorityHint") },
    { name: "is_enabled", label: t("lookups.field.is_enabled"), kind: "switch", value: source?.is_enabled ?? true },
  ];
  const title = source ? t("lookups.editSource") : t(kind === "sql" ? "lookups.addSql" : "lookups.addRest");
  return <SideForm kind="lookup-sources" id={source?.id ?? null} title={title} fields={fields} fixed={{ kind }} onClose={onClose} />;
}

const FIRST: LookUpParameter[] = [{ name: "number", origin: "number", form: "e164", slot: "" }];

/** `one` null: a new one. */
export function LookUpForm({ one, sources, onClose }: { one: LookUp | null; sources: LookUpSource[]; onClose: () => void }) {
  const { t } = useTranslation("admin");
  const of = (kind: SourceKind) => (values: Record<string, unknown>) => sources.find(({ id }) => id === values.source_id)?.kind === kind;
  const read = (text: string): unknown => JSON.parse(text);
  const fields: Field[] = [
    { name: "name", label: t("lookups.field.name"), kind: "text", value: one?.name ?? "", hint: t("lookups.field.nameHint") },
    { name: "source_id", label: t("lookups.source"), kind: "select", value: one?.source_id ?? sources[0]?.id ?? "", options: sources.map(({ id, name }) => ({ value: id, label: name })) },
    {
      name: "parameters", label: t("lookups.field.parameters"), kind: "drawn", value: JSON.stringify(one?.parameters ?? FIRST), read, hint: t("lookups.field.parametersHint"),
      draw: (value, change, refused) => <ParameterRows items={JSON.parse(value) as LookUpParameter[]} refused={refused} onChange={(items) => change(JSON.stringify(items))} />,
    },
    { name: "query", label: t("lookups.field.query"), kind: "lines", value: one?.query ?? "", read: (text) => text, hint: t("lookups.field.queryHint"), shown: of("sql") },
    { name: "method", label: t("lookups.field.method"), kind: "select", value: one?.method ?? "GET", options: ["GET", "POST"].map((value) => ({ value, label: value })), shown: of("rest") },
    { name: "path", label: t("lookups.field.path"), kind: "text", value: one?.path ?? "", hint: t("lookups.field.pathHint"), shown: of("rest") },
    { name: "body", label: t("lookups.field.body"), kind: "lines", value: one?.body ?? "", read: (text) => text, hint: t("lookups.field.bodyHint"), shown: (values) => of("rest")(values) && values.method === "POST" },
    { name: "rows_at", label: t("lookups.field.rows_at"), kind: "text", value: one?.rows_at ?? "", hint: t("lookups.field.rowsHint"), shown: of("rest") },
    {
      name: "columns", label: t("lookups.field.columns"), kind: "drawn", value: JSON.stringify(one?.columns ?? []), read, hint: t("lookups.field.columnsHint"), shown: of("rest"),
      draw: (value, change, refused) => <ColumnRows items={JSON.parse(value) as LookUpColumn[]} refused={refused} onChange={(items) => change(JSON.stringify(items))} />,
    },
    { name: "most_rows", label: t("lookups.field.most_rows"), kind: "number", value: String(one?.most_rows ?? 5) },
    { name: "time_ms", label: t("lookups.field.time_ms"), kind: "number", value: String(one?.time_ms ?? 1000) },
    { name: "cached_s", label: t("lookups.field.cached_s"), kind: "number", value: String(one?.cached_s ?? 0) },
    { name: "is_sensitive", label: t("lookups.field.is_sensitive"), kind: "switch", value: one?.is_sensitive ?? false },
    { name: "is_enabled", label: t("lookups.field.is_enabled"), kind: "switch", value: one?.is_enabled ?? true },
  ];
  return <SideForm kind="lookups" id={one?.id ?? null} title={t(one ? "lookups.edit" : "lookups.add")} fields={fields} onClose={onClose} />;
}
