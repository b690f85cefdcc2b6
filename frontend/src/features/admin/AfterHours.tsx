import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, get, put } from "@/api/fetch";
import { useSession } from "@/api/session";
import type { AfterHoursText } from "@/api/types";
import { Button } from "@/ui/Button";
import { countSegments } from "@/ui/segments";
import { Skeleton } from "@/ui/States";
import { toast } from "@/ui/toasts";
import { typeset } from "@/ui/typeset";
import { adminKey, useTable } from "./api";
import styles from "./Admin.module.css";
import look from "./Hours.module.css";

const NAMES = { gsm7: "GSM-7", latin1: "Latin-1", ucs2: "Unicode" } as const;
const LANGUAGES = ["fr", "en"] as const;

/** What a line answers outside its hours, per language, and what it costs. */
export function AfterHours() {
  const { t } = useTranslation("admin");
  const lines = useTable("lines").data?.items ?? [];
  const [chosen, setChosen] = useState("");
  const line = lines.find(({ id }) => id === chosen) ?? lines.find(({ schedule_id }) => schedule_id) ?? lines[0];
  return (
    <section className={look.section}>
      <h2>{t("hours.afterHours")}</h2>
      <p className={look.lead}>{t("hours.afterHoursLead")}</p>
      {line && (
        <>
          <label className={`${styles.field} ${look.line}`}>
            {t("hours.line")}
            <select value={line.id} onChange={(event) => setChosen(event.target.value)}>
              {lines.map((one) => (
                <option key={one.id} value={one.id}>
                  {one.address} · {one.name}
                </option>
              ))}
            </select>
          </label>
          <OfLine key={line.id} lineId={line.id} />
        </>
      )}
    </section>
  );
}

const keyOf = (lineId: string) => [...adminKey, "after-hours", lineId] as const;

function OfLine({ lineId }: { lineId: string }) {
  const { t } = useTranslation("admin");
  const found = useQuery({
    queryKey: keyOf(lineId),
    queryFn: ({ signal }) => get<{ items: AfterHoursText[] }>(`/api/admin/lines/${lineId}/after-hours`, signal),
    retry: 1,
  });
  if (!found.data) return found.isError ? <p className={look.none}>{t("error")}</p> : <Skeleton rows={3} label={t("loading")} />;
  return (
    <div className={look.cards}>
      {found.data.items.map((one) => (
        <TextCard key={`${one.language} ${one.body}`} lineId={lineId} text={one} />
      ))}
    </div>
  );
}

function TextCard({ lineId, text }: { lineId: string; text: AfterHoursText }) {
  const { t } = useTranslation("admin");
  const client = useQueryClient();
  const session = useSession();
  const [body, setBody] = useState(text.body);
  const language = LANGUAGES.find((one) => one === text.language) ?? "fr";
  const line = session.lines.find(({ id }) => id === lineId);
  // As it leaves: with the longest time that {opens_at} can stand for.
  const filled = Object.entries({ "{opens_at}": text.opens_at, "{organisation}": session.organisation.name, "{line}": line?.name ?? "", "{address}": line?.address ?? "" })
    .reduce((said, [name, value]) => said.replaceAll(name, () => value), body);
  const count = countSegments(filled, line?.latin1 ?? false);
  const save = useMutation({
    mutationFn: (given: string) => put<{ items: AfterHoursText[] }>(`/api/admin/lines/${lineId}/after-hours`, { language, body: given }),
    onSuccess: (items) => {
      client.setQueryData(keyOf(lineId), items);
      toast(t("hours.saved"));
    },
  });
  const errors = save.error instanceof ApiError ? save.error.fields : {};
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate(body);
  };
  const id = `after-hours-${language}`;
  return (
    <form className={look.card} onSubmit={submit} data-testid={id} noValidate>
      <header>
        <h3>{t(`hours.language.${language}`)}</h3>
        <span className={styles.chip}>{t(text.usual ? "hours.usual" : "hours.own")}</span>
      </header>
      <div className={styles.field}>
        <label htmlFor={id}>{t("hours.text")}</label>
        <textarea id={id} rows={5} lang={language} maxLength={480} value={body} aria-describedby={`${id}-hint ${id}-count`} aria-invalid={errors.body ? true : undefined} onChange={(event) => setBody(event.target.value)} />
        <p id={`${id}-hint`} className={styles.hint}>{t("hours.textHint")}</p>
        {errors.body && <p className={styles.error}>{typeset(errors.body)}</p>}
      </div>
      <p id={`${id}-count`} className={count.encoding === "ucs2" ? look.costly : look.faint} data-testid={`${id}-count`} data-parts={count.parts} data-encoding={count.encoding}>
        {t("hours.sms", { parts: count.parts, encoding: NAMES[count.encoding] })}
      </p>
      <q className={look.example} lang={language}>{filled}</q>
      {save.isError && !errors.body && <p role="alert" className={styles.error}>{t("failed", { reason: t("unreachable") })}</p>}
      <footer>
        {!text.usual && (
          <Button size="small" disabled={save.isPending} onClick={() => save.mutate("")}>{t("hours.back")}</Button>
        )}
        <Button type="submit" size="small" look="primary" disabled={save.isPending || body === text.body || body.trim() === ""}>{t("save")}</Button>
      </footer>
    </form>
  );
}
