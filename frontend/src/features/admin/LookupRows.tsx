import { Plus, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { LookUpColumn, LookUpParameter } from "@/api/types";
import { Button } from "@/ui/Button";
import look from "./Lookups.module.css";

const FORMS = { number: ["e164", "digits", "national"], slot: ["text", "digits", "integer", "decimal", "date"] } as const;
type Origin = keyof typeof FORMS;
type Form = (typeof FORMS)[Origin][number];

interface RowsProps<One> {
  items: One[];
  /** What was refused, as "0.name". */
  refused: Record<string, string>;
  onChange: (items: One[]) => void;
}

/** The values that a look-up asks with: each with where it comes from. */
export function ParameterRows({ items, refused, onChange }: RowsProps<LookUpParameter>) {
  const { t } = useTranslation("admin");
  const put = (place: number, change: Partial<LookUpParameter>) => onChange(items.map((one, at) => (at === place ? { ...one, ...change } : one)));
  const bad = (place: number, part: string) => Boolean(refused[`${place}.${part}`]) || undefined;
  const words = (origin: Origin, form: Form) => (form === "digits" && origin === "slot" ? t("lookups.digitsOnly") : t(`lookups.forms.${form}`));
  return (
    <div data-testid="parameters">
      {!items.some(({ origin }) => origin === "number") && <p className={look.warning}>{t("lookups.nobody")}</p>}
      <ol className={look.rows}>
        {items.map((one, place) => {
          const number = place + 1;
          const origin: Origin = one.origin === "number" ? "number" : "slot";
          return (
            <li key={place} className={look.row}>
              <input value={one.name} placeholder={t("lookups.field.name")} aria-label={t("lookups.parameterName", { number })} aria-invalid={bad(place, "name")} autoCapitalize="none" autoComplete="off" maxLength={40} onChange={(event) => put(place, { name: event.target.value })} />
              <select value={origin} aria-label={t("lookups.origin", { number })} aria-invalid={bad(place, "origin")} onChange={(event) => put(place, { origin: event.target.value, form: FORMS[event.target.value as Origin][0], slot: "" })}>
                {(["number", "slot"] as const).map((value) => (
                  <option key={value} value={value}>{t(`lookups.origins.${value}`)}</option>
                ))}
              </select>
              <Button look="quiet" size="small" square aria-label={t("lookups.remove", { number })} icon={<X size={14} />} onClick={() => onChange(items.filter((_, at) => at !== place))} />
              <select value={one.form} aria-label={t("lookups.form", { number })} aria-invalid={bad(place, "form")} onChange={(event) => put(place, { form: event.target.value })}>
                {FORMS[origin].map((value) => (
                  <option key={value} value={value}>{words(origin, value)}</option>
                ))}
              </select>
              {origin === "slot" && (
                <input value={one.slot} placeholder="slot" aria-label={t("lookups.slot", { number })} aria-invalid={bad(place, "slot")} autoCapitalize="none" autoComplete="off" maxLength={40} onChange={(event) => put(place, { slot: event.target.value })} />
              )}
            </li>
          );
        })}
      </ol>
      <Refused refused={refused} />
      <Button size="small" icon={<Plus size={14} aria-hidden="true" />} onClick={() => onChange([...items, { name: "", origin: "slot", form: "text", slot: "" }])} data-testid="add-parameter">
        {t("lookups.addParameter")}
      </Button>
    </div>
  );
}

/** What of a REST answer the bot is given, under which names. */
export function ColumnRows({ items, refused, onChange }: RowsProps<LookUpColumn>) {
  const { t } = useTranslation("admin");
  const put = (place: number, change: Partial<LookUpColumn>) => onChange(items.map((one, at) => (at === place ? { ...one, ...change } : one)));
  const bad = (place: number, part: string) => Boolean(refused[`${place}.${part}`]) || undefined;
  return (
    <div data-testid="columns">
      <ol className={look.rows}>
        {items.map((one, place) => {
          const number = place + 1;
          return (
            <li key={place} className={look.row}>
              <input value={one.name} placeholder={t("lookups.field.name")} aria-label={t("lookups.column", { number })} aria-invalid={bad(place, "name")} autoCapitalize="none" autoComplete="off" maxLength={40} onChange={(event) => put(place, { name: event.target.value })} />
              <input value={one.path} placeholder="amount.value" aria-label={t("lookups.columnPath", { number })} aria-invalid={bad(place, "path")} autoCapitalize="none" autoComplete="off" maxLength={120} onChange={(event) => put(place, { path: event.target.value })} />
              <Button look="quiet" size="small" square aria-label={t("lookups.removeColumn", { number })} icon={<X size={14} />} onClick={() => onChange(items.filter((_, at) => at !== place))} />
            </li>
          );
        })}
      </ol>
      <Refused refused={refused} />
      <Button size="small" icon={<Plus size={14} aria-hidden="true" />} onClick={() => onChange([...items, { name: "", path: "" }])} data-testid="add-column">
        {t("lookups.addColumn")}
      </Button>
    </div>
  );
}

function Refused({ refused }: { refused: Record<string, string> }) {
  const said = [...new Set(Object.values(refused))];
  return said.length > 0 ? <p className={look.bad}>{said.join(" ")}</p> : null;
}
