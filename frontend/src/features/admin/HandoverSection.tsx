import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { get, put } from "@/api/fetch";
import type { Schemas } from "@/api/types";
import { Button } from "@/ui/Button";
import { Skeleton } from "@/ui/States";
import { toast } from "@/ui/toasts";
import { adminKey } from "./api";
import { Subject, type Question } from "./CheckCard";
import { useReason } from "./ListsSection";
import { Broken, OfEachLine } from "./OfEachLine";
import styles from "./Admin.module.css";
import look from "./Knowledge.module.css";

type Policy = Schemas["PolicyView"];
const WAYS = ["off", "at_once", "after_one"] as const;
const WHO = ["in_list", "tag", "attribute"] as const;
const REASONS = ["asked", "unsure", "rule", "failed", "keyword", "vip", "mood", "loop"] as const;
const TIMES = ["1", "2", "3"] as const;

/** When the bot of a line hands over to people, and what follows. */
export function HandoverSection() {
  const { t } = useTranslation("handover");
  return (
    <OfEachLine title={t("title")} lead={t("lead")} testId="handover-line">
      {(line) => (line.bot ? <OfLine key={line.id} lineId={line.id} /> : <p className={styles.none}>{t("noBot")}</p>)}
    </OfEachLine>
  );
}

function OfLine({ lineId }: { lineId: string }) {
  const { t } = useTranslation("admin");
  const found = useQuery({
    queryKey: [...adminKey, "handover", lineId],
    queryFn: ({ signal }) => get<Policy>(`/api/admin/lines/${lineId}/handover`, signal),
    // Not asked again under somebody's hands.
    refetchOnWindowFocus: false,
    retry: 1,
  });
  if (found.isError) return <Broken again={() => void found.refetch()} />;
  if (!found.data) return <Skeleton rows={5} label={t("loading")} />;
  return <PolicyForm key={JSON.stringify(found.data)} stored={found.data} />;
}

function PolicyForm({ stored }: { stored: Policy }) {
  const { t } = useTranslation("handover");
  const client = useQueryClient();
  const reason = useReason();
  const [policy, setPolicy] = useState(stored);
  const [words, setWords] = useState(stored.keywords.join(", "));
  const kind = WHO.find((one) => one === policy.kind) ?? "tag";
  const who: Question = { kind, thing_id: policy.thing_id, compare: policy.compare as Question["compare"], value: policy.value, words: "" };
  const save = useMutation({
    mutationFn: () => {
      const { line_id: lineId, ...given } = policy;
      const nobody = policy.vip === "off" ? { kind: "", thing_id: null, value: "", compare: "is" } : { kind };
      return put<Policy>(`/api/admin/lines/${lineId}/handover`, { ...given, ...nobody, keywords: words.split(",").map((one) => one.trim()).filter(Boolean) });
    },
    onSuccess: (made) => {
      client.setQueryData([...adminKey, "handover", stored.line_id], made);
      toast(t("saved"));
    },
  });
  const set = (fields: Partial<Policy>) => setPolicy({ ...policy, ...fields });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form className={look.policy} onSubmit={submit} noValidate data-testid="handover-policy">
      <section className={look.column} aria-labelledby="handover-when">
        <h2 id="handover-when">{t("when")}</h2>
        <div className={styles.field}>
          <label htmlFor="handover-unsure">{t("unsure")}</label>
          <select id="handover-unsure" value={policy.unsure_times} onChange={(event) => set({ unsure_times: Number(event.target.value) })}>
            {TIMES.map((one) => (
              <option key={one} value={one}>{t(`times.${one}`)}</option>
            ))}
          </select>
        </div>
        <div className={styles.field}>
          <label htmlFor="handover-words">{t("words")}</label>
          <input id="handover-words" value={words} onChange={(event) => setWords(event.target.value)} />
        </div>
        <div className={styles.field}>
          <label htmlFor="handover-mood">{t("mood")}</label>
          <select id="handover-mood" value={policy.mood_texts} aria-describedby="handover-mood-hint" onChange={(event) => set({ mood_texts: Number(event.target.value) })}>
            {[0, 1, 2, 3, 4, 5].map((one) => (
              <option key={one} value={one}>{one === 0 ? t("moodOff") : t("moodTimes", { count: one })}</option>
            ))}
          </select>
          <p id="handover-mood-hint" className={styles.hint}>{t("moodHint")}</p>
        </div>
        <div className={styles.field}>
          <label className={styles.check}>
            <input type="checkbox" checked={policy.loops} onChange={(event) => set({ loops: event.target.checked })} />
            {t("loops")}
          </label>
        </div>
        <div className={styles.field}>
          <label htmlFor="handover-vip">{t("vip")}</label>
          <select id="handover-vip" value={policy.vip} onChange={(event) => set({ vip: event.target.value })}>
            {WAYS.map((one) => (
              <option key={one} value={one}>{t(`vips.${one}`)}</option>
            ))}
          </select>
        </div>
        {policy.vip !== "off" && (
          <>
            <div className={styles.field}>
              <label htmlFor="handover-who">{t("who")}</label>
              <select id="handover-who" value={kind} onChange={(event) => set({ kind: event.target.value, thing_id: null, value: "", compare: "is" })}>
                {WHO.map((one) => (
                  <option key={one} value={one}>{t(`whos.${one}`)}</option>
                ))}
              </select>
            </div>
            <Subject id="handover" check={who} set={({ thing_id, compare, value }) => set({ ...(thing_id !== undefined && { thing_id }), ...(compare !== undefined && { compare }), ...(value !== undefined && { value }) })} />
          </>
        )}
      </section>
      <section className={look.column} aria-labelledby="handover-then">
        <h2 id="handover-then">{t("then")}</h2>
        <div className={styles.field}>
          <label className={styles.check}>
            <input type="checkbox" checked={policy.tells_wait} onChange={(event) => set({ tells_wait: event.target.checked })} />
            {t("tellsWait")}
          </label>
        </div>
        <fieldset className={`${styles.field} ${look.priorities}`}>
          <legend>{t("priority")}</legend>
          {REASONS.map((one) => (
            <label key={one}>
              {t(`reasons.${one}`)}
              <input
                type="number"
                min={0}
                max={100}
                value={policy.priorities[one] ?? 0}
                onChange={(event) => set({ priorities: { ...policy.priorities, [one]: Number(event.target.value) } })}
              />
            </label>
          ))}
        </fieldset>
        <p role="alert" className={styles.error}>{save.error ? reason(save.error) : ""}</p>
        <Button type="submit" look="primary" disabled={save.isPending} data-testid="save-handover">{t("save")}</Button>
      </section>
    </form>
  );
}
