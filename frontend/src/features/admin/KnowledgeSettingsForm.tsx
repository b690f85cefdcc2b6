import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { put } from "@/api/fetch";
import { Button } from "@/ui/Button";
import { toast } from "@/ui/toasts";
import { knowledgeKey, type KnowledgeSettings } from "./knowledgeApi";
import { useReason } from "./ListsSection";
import styles from "./Admin.module.css";
import look from "./Knowledge.module.css";

const OWN = { usual: null, yes: true, no: false } as const;
type Own = keyof typeof OWN;
const NAMES = ["usual", "yes", "no"] as const;

/** Whether the bot quotes articles, how sure it must be, and whether an author may approve his own words. */
export function KnowledgeSettingsForm({ settings }: { settings: KnowledgeSettings }) {
  const { t } = useTranslation("knowledge");
  const client = useQueryClient();
  const reason = useReason();
  const [quotes, setQuotes] = useState(settings.bot_quotes);
  const [threshold, setThreshold] = useState(String(Math.round(settings.threshold * 100)));
  const [own, setOwn] = useState<Own>(NAMES.find((one) => OWN[one] === settings.author_may_approve) ?? "usual");
  const save = useMutation({
    mutationFn: () => put<KnowledgeSettings>("/api/admin/knowledge/settings", { bot_quotes: quotes, threshold: Number(threshold) / 100, author_may_approve: OWN[own] }),
    onSuccess: async () => {
      toast(t("saved"));
      await client.invalidateQueries({ queryKey: knowledgeKey });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <section className={look.section} aria-labelledby="knowledge-settings">
      <h2 id="knowledge-settings">{t("settings")}</h2>
      <form className={look.about} onSubmit={submit} noValidate>
        <div className={styles.field}>
          <label className={styles.check}>
            <input type="checkbox" checked={quotes} onChange={(event) => setQuotes(event.target.checked)} />
            {t("botQuotes")}
          </label>
        </div>
        <div className={styles.field}>
          <label htmlFor="knowledge-threshold">{t("threshold")}</label>
          <input id="knowledge-threshold" type="number" min={50} max={100} value={threshold} aria-describedby="knowledge-threshold-hint" onChange={(event) => setThreshold(event.target.value)} />
          <p id="knowledge-threshold-hint" className={styles.hint}>{t("thresholdHint")}</p>
        </div>
        <div className={styles.field}>
          <label htmlFor="knowledge-own">{t("author")}</label>
          <select id="knowledge-own" value={own} onChange={(event) => setOwn(NAMES.find((one) => one === event.target.value) ?? "usual")}>
            {NAMES.map((one) => (
              <option key={one} value={one}>{t(`authors.${one}`)}</option>
            ))}
          </select>
        </div>
        <p role="alert" className={styles.error}>{save.error ? reason(save.error) : ""}</p>
        <Button type="submit" size="small" disabled={save.isPending}>{t("save")}</Button>
      </form>
    </section>
  );
}
