import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, get, put } from "@/api/fetch";
import type { LineKeywords } from "@/api/types";
import { Button } from "@/ui/Button";
import { Skeleton } from "@/ui/States";
import { toast } from "@/ui/toasts";
import { typeset } from "@/ui/typeset";
import { adminKey, useTable } from "./api";
import styles from "./Admin.module.css";
import look from "./Consent.module.css";

const KINDS = ["opt_out", "opt_in", "help"] as const;
const LANGUAGES = ["fr", "en"] as const;

/** The words of one line, per language, and what they are answered with. */
export function Keywords() {
  const { t } = useTranslation("admin");
  const lines = useTable("lines").data?.items ?? [];
  const [chosen, setChosen] = useState("");
  const line = lines.find(({ id }) => id === chosen) ?? lines[0];
  return (
    <section className={look.section}>
      <h2>{t("consent.keywords")}</h2>
      <p className={look.lead}>{t("consent.keywordsLead")}</p>
      {line && (
        <>
          <label className={`${styles.field} ${look.line}`}>
            {t("consent.line")}
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

const keyOf = (lineId: string) => [...adminKey, "keywords", lineId] as const;

function OfLine({ lineId }: { lineId: string }) {
  const { t } = useTranslation("admin");
  const found = useQuery({
    queryKey: keyOf(lineId),
    queryFn: ({ signal }) => get<{ items: LineKeywords[] }>(`/api/admin/lines/${lineId}/keywords`, signal),
    retry: 1,
  });
  if (!found.data) return found.isError ? <p className={look.none}>{t("error")}</p> : <Skeleton rows={4} label={t("loading")} />;
  return LANGUAGES.map((language) => (
    <div key={language}>
      <h3 className={look.language}>{t(`consent.language.${language}`)}</h3>
      <div className={look.cards}>
        {found.data.items
          .filter((one) => one.language === language)
          .map((one) => (
            <Card key={`${one.kind} ${one.words.join()} ${one.reply}`} lineId={lineId} keywords={one} />
          ))}
      </div>
    </div>
  ));
}

function Card({ lineId, keywords }: { lineId: string; keywords: LineKeywords }) {
  const { t } = useTranslation("admin");
  const client = useQueryClient();
  const before = keywords.words.join(", ");
  const [words, setWords] = useState(before);
  const [reply, setReply] = useState(keywords.reply);
  const save = useMutation({
    mutationFn: (usual: boolean) =>
      put<{ items: LineKeywords[] }>(`/api/admin/lines/${lineId}/keywords`, {
        language: keywords.language, kind: keywords.kind, usual, reply, words: words.split(",").map((word) => word.trim()).filter(Boolean),
      }),
    onSuccess: (items) => {
      client.setQueryData(keyOf(lineId), items);
      toast(t("consent.saved"));
    },
  });
  const kind = KINDS.find((one) => one === keywords.kind) ?? "help";
  const id = `${keywords.language}-${keywords.kind}`;
  const errors = save.error instanceof ApiError ? save.error.fields : {};
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate(false);
  };
  return (
    <form className={look.card} onSubmit={submit} data-testid={`keywords-${id}`} noValidate>
      <h4>
        {t(`consent.kind.${kind}`)}
        <span className={styles.chip}>{t(keywords.usual ? "consent.usual" : "consent.own")}</span>
      </h4>
      <div className={styles.field}>
        <label htmlFor={`${id}-words`}>{t("consent.wordsLabel")}</label>
        <textarea id={`${id}-words`} rows={3} value={words} aria-invalid={errors.words ? true : undefined} onChange={(event) => setWords(event.target.value)} />
        {errors.words && <p className={styles.error}>{typeset(errors.words)}</p>}
      </div>
      <div className={styles.field}>
        <label htmlFor={`${id}-reply`}>{t("consent.reply")}</label>
        <textarea
          id={`${id}-reply`} rows={4} maxLength={320} value={reply} aria-describedby={`${id}-hint`} aria-invalid={errors.reply ? true : undefined}
          onChange={(event) => setReply(event.target.value)}
        />
        <p id={`${id}-hint`} className={styles.hint}>
          {t("consent.replyHint")}
        </p>
        {errors.reply && <p className={styles.error}>{typeset(errors.reply)}</p>}
      </div>
      {save.isError && Object.keys(errors).length === 0 && (
        <p role="alert" className={styles.error}>
          {t("failed", { reason: t("unreachable") })}
        </p>
      )}
      <div className={look.foot}>
        {!keywords.usual && (
          <Button onClick={() => save.mutate(true)} disabled={save.isPending}>
            {t("consent.back")}
          </Button>
        )}
        <Button type="submit" look="primary" disabled={save.isPending || (words === before && reply === keywords.reply)}>
          {t("consent.save")}
        </Button>
      </div>
    </form>
  );
}
