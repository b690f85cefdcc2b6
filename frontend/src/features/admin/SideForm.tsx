import { Copy } from "lucide-react";
import { useEffect, useRef, useState, type FormEvent, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/fetch";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { toast } from "@/ui/toasts";
import { typeset } from "@/ui/typeset";
import { figureIn } from "./figures";
import { useSave, type Kind } from "./api";
import styles from "./Admin.module.css";

export type Value = string | boolean | string[];

/** One field of a form. `name` is the server's; "settings.host" stands for {settings: {host}}. */
export interface Field {
  name: string;
  label: string;
  /** "copy": shown to be taken elsewhere, never sent. */
  kind: "text" | "email" | "password" | "number" | "select" | "switch" | "many" | "words" | "lines" | "copy" | "drawn";
  value: Value;
  options?: { value: string; label: string }[];
  hint?: string;
  autoComplete?: string;
  /** An empty value is not sent: it means "as it is". */
  keepEmpty?: boolean;
  /** Of "words": something below it that can fill it. */
  filler?: (fill: (value: string) => void) => ReactNode;
  /** Of "lines" and "drawn": what is sent for them. */
  read?: (text: string) => unknown;
  /** Of "drawn": a field with a look of its own, whose value is one text. `refused`: what was refused within it, by
      the rest of its name ("ladder.0.skill": "0.skill"). */
  draw?: (value: string, change: (value: string) => void, refused: Record<string, string>) => ReactNode;
  /** Of "many": which come first means nothing. */
  unordered?: boolean;
  /** Whether it means anything, with what the other fields hold now. */
  shown?: (values: Record<string, Value>) => boolean;
  /** Fields of one group stand together under this title, folded away until somebody asks or one of them is refused. */
  group?: string;
}

interface SideFormProps {
  kind: Kind;
  id: string | null;
  title: string;
  fields: Field[];
  /** Values that the form does not show. */
  fixed?: Record<string, unknown>;
  /** What stands before the first field. */
  head?: ReactNode;
  /** Hears what the server answered to what was saved. */
  onSaved?: (answer: unknown) => void;
  onClose: () => void;
}

/**
 * Only what was changed here is sent, so that two administrators do not undo each other's work. `first`: what the form
 * was opened with; what a colleague has saved since then is not his change.
 */
function collect(fields: Field[], values: Record<string, Value>, first: Record<string, Value> | null, language: string): Record<string, unknown> {
  const sent: Record<string, unknown> = {};
  for (const field of fields) {
    const value = values[field.name];
    if (value === undefined || field.kind === "copy") continue;
    if (field.keepEmpty && value === "") continue;
    if (first && JSON.stringify(value) === JSON.stringify(first[field.name])) continue;
    const final =
      field.kind === "number" ? figureIn(value as string, language) : field.kind === "words" ? (value as string).split(/[\s,;]+/).filter(Boolean)
      : field.read ? field.read(value as string)
      : value;
    const [outer, inner] = field.name.split(".");
    if (inner) sent[outer!] = { ...(sent[outer!] as Record<string, unknown> | undefined), [inner]: final };
    else sent[field.name] = final;
  }
  return sent;
}

export function SideForm({ kind, id, title, fields, fixed, head, onSaved, onClose }: SideFormProps) {
  const { t, i18n } = useTranslation("admin");
  const [first] = useState<Record<string, Value>>(() => Object.fromEntries(fields.map((field) => [field.name, field.value])));
  const [values, setValues] = useState(first);
  // What cannot be read as a number never leaves: the server would take it for nothing said.
  const [unread, setUnread] = useState<Record<string, string>>({});
  const save = useSave(kind);
  const failure = save.error;
  const errors: Record<string, string> = { ...(failure instanceof ApiError ? failure.fields : {}), ...unread };
  const within = (field: Field) =>
    Object.fromEntries(Object.entries(errors).flatMap(([name, words]) => (field.kind === "drawn" && name.startsWith(`${field.name}.`) ? [[name.slice(field.name.length + 1), typeset(words)]] : [])));
  const isRefused = (field: Field) => Boolean(errors[field.name]) || Object.keys(within(field)).length > 0;
  const shown = fields.filter((field) => isRefused(field) && (field.shown?.(values) ?? true)).length;

  // The first field that was refused takes the focus: the eye, and a screen reader, need not look for it.
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (failure || Object.keys(unread).length > 0) form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [failure, unread]);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const wrong = fields.filter((field) => {
      const value = values[field.name];
      if (field.kind !== "number" || value === first[field.name] || !(field.shown?.(values) ?? true)) return false;
      // A link may be without one of its settings, which is then the product's own.
      if (value === "" && field.name.includes(".")) return false;
      return figureIn(value as string, i18n.language) === null;
    });
    setUnread(Object.fromEntries(wrong.map(({ name }) => [name, t("notANumber")])));
    if (wrong.length > 0) return;
    const sent = { ...collect(fields, values, id === null ? null : first, i18n.language), ...(id === null ? fixed : {}) };
    save.mutate(
      { id, values: sent },
      {
        onSuccess: (answer) => {
          toast(t("saved"));
          onSaved?.(answer);
          onClose();
        },
      },
    );
  };

  const seen = fields.filter((field) => field.shown?.(values) ?? true);
  const groups = [...new Set(seen.flatMap((field) => field.group ?? []))];
  const show = (field: Field) => (
    <FormField
      key={field.name}
      field={field}
      value={values[field.name]!}
      error={errors[field.name] ? typeset(errors[field.name]!) : null}
      refused={within(field)}
      onChange={(value) => setValues((now) => ({ ...now, [field.name]: value }))}
    />
  );

  return (
    <Dialog title={title} closeLabel={t("close")} look="side" onClose={onClose}>
      <form ref={form} className={styles.form} onSubmit={submit} noValidate>
        <div className={styles.fields}>
          {head}
          {seen.filter((field) => !field.group).map(show)}
          {groups.map((group) => {
            const mine = seen.filter((field) => field.group === group);
            return (
              <details key={group} className={styles.group} open={mine.some(isRefused) || undefined}>
                <summary>{group}</summary>
                {mine.map(show)}
              </details>
            );
          })}
        </div>
        <div className={styles.formFoot}>
          <p role="alert" className={styles.error}>
            {failure && shown === 0
              ? t("failed", {
                  reason: failure instanceof ApiError && failure.status !== 0 ? typeset(Object.values(errors)[0] || failure.message || t("errorText")) : t("unreachable"),
                })
              : ""}
          </p>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" look="primary" disabled={save.isPending}>
            {save.isPending ? t("saving") : t("save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

interface FormFieldProps {
  field: Field;
  value: Value;
  error: string | null;
  refused: Record<string, string>;
  onChange: (value: Value) => void;
}

function FormField({ field, value, error, refused, onChange }: FormFieldProps) {
  const id = `field-${field.name}`;
  const described = [error ? `${id}-error` : "", field.hint ? `${id}-hint` : ""].filter(Boolean).join(" ") || undefined;
  const common = { id, "aria-invalid": error !== null || undefined, "aria-describedby": described };

  if (field.kind === "many") {
    const chosen = value as string[];
    const toggle = (one: string) => onChange(chosen.includes(one) ? chosen.filter((other) => other !== one) : [...chosen, one]);
    return (
      <fieldset className={styles.field}>
        <legend>{field.label}</legend>
        {field.options?.map((option) => (
          <label key={option.value} className={styles.check}>
            <input type="checkbox" checked={chosen.includes(option.value)} onChange={() => toggle(option.value)} />
            <span>{option.label}</span>
            {!field.unordered && chosen.includes(option.value) && chosen.length > 1 && <small>{chosen.indexOf(option.value) + 1}</small>}
          </label>
        ))}
        {field.hint && <p className={styles.hint}>{field.hint}</p>}
        {error && <p className={styles.error}>{error}</p>}
      </fieldset>
    );
  }
  if (field.kind === "drawn")
    return (
      <fieldset className={styles.field} aria-describedby={described}>
        <legend>{field.label}</legend>
        {field.hint && <p id={`${id}-hint`} className={styles.hint}>{field.hint}</p>}
        {field.draw?.(value as string, onChange, refused)}
        {error && <p id={`${id}-error`} className={styles.error}>{error}</p>}
      </fieldset>
    );
  if (field.kind === "copy") return <CopyField field={field} id={id} />;
  if (field.kind === "switch")
    return (
      <div className={styles.field}>
        <label className={styles.check}>
          <input type="checkbox" {...common} checked={value as boolean} onChange={(event) => onChange(event.target.checked)} />
          <span>{field.label}</span>
        </label>
        {error && <p id={`${id}-error`} className={styles.error}>{error}</p>}
      </div>
    );
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{field.label}</label>
      {field.kind === "select" ? (
        <select {...common} value={value as string} onChange={(event) => onChange(event.target.value)}>
          {field.options?.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      ) : field.kind === "words" || field.kind === "lines" ? (
        <textarea {...common} rows={field.kind === "words" ? 3 : 6} spellCheck={false} value={value as string} onChange={(event) => onChange(event.target.value)} />
      ) : (
        <input
          {...common}
          type={field.kind === "number" ? "text" : field.kind}
          inputMode={field.kind === "number" ? "numeric" : undefined}
          autoComplete={field.autoComplete ?? "off"}
          value={value as string}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
      {field.hint && (
        <p id={`${id}-hint`} className={styles.hint}>
          {field.hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} className={styles.error}>
          {error}
        </p>
      )}
      {field.filler?.(onChange)}
    </div>
  );
}

function CopyField({ field, id }: { field: Field; id: string }) {
  const { t } = useTranslation("admin");
  const copy = () => void navigator.clipboard?.writeText(field.value as string).then(() => toast(t("copied")), () => undefined);
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{field.label}</label>
      <div className={styles.copy}>
        <input id={id} type="text" readOnly value={field.value as string} aria-describedby={field.hint ? `${id}-hint` : undefined} onFocus={(event) => event.target.select()} />
        <Button square aria-label={`${t("copy")} : ${field.label}`} title={t("copy")} icon={<Copy size={16} />} onClick={copy} />
      </div>
      {field.hint && (
        <p id={`${id}-hint`} className={styles.hint}>
          {field.hint}
        </p>
      )}
    </div>
  );
}
