import { useMutation } from "@tanstack/react-query";
import { Check, Minus, X } from "lucide-react";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { post } from "@/api/fetch";
import type { TriedRule, TriedText } from "@/api/types";
import { Button } from "@/ui/Button";
import { address } from "@/ui/format";
import { useTable } from "./api";
import { isOfRules } from "./ConditionFields";
import { useLists, useReason } from "./ListsSection";
import { listed, toSent, type DraftCondition, type DraftRule, type RulesDraft } from "./rulesDraft";
import { useAttributes, useTags } from "./TagsSection";
import styles from "./Admin.module.css";
import look from "./Filter.module.css";

const SEEN = ["in", "out", "has", "none", "open", "closed"] as const;

/** A condition in some words. */
function useConditionWords(): (condition: DraftCondition) => string {
  const { t } = useTranslation("admin");
  const things = [...(useLists().data?.items ?? []), ...(useTags().data?.items ?? []), ...(useAttributes().data?.items ?? [])];
  return (one) => {
    const kind = isOfRules(one.kind) ? t(`rules.kinds.${one.kind}`) : t(`filter.kinds.${one.kind}`);
    const days = one.kind === "time" ? listed(one.words).map((day) => t(`rules.dayNames.${day as "1"}`)).join(", ") : one.words;
    const thing = things.find(({ id }) => id === one.thing_id)?.name;
    const value = one.kind === "language" ? t(`filter.languages.${one.value as "fr"}`) : one.kind === "hours" ? t(`filter.hours.${one.value as "open"}`) : one.value;
    const compare = one.kind === "confidence" ? t(`rules.compares.${one.compare as "less"}`) : one.kind === "entity" || one.kind === "attribute" ? t(`filter.compares.${one.compare}`) : "";
    return [kind, one.key, thing, compare, value, days].filter(Boolean).join(" ");
  };
}

/** Where the rules on the screen would have a text wait: each with what its conditions saw. */
export function RulesTry({ lineId, draft }: { lineId: string; draft: RulesDraft }) {
  const { t } = useTranslation("admin");
  const reason = useReason();
  const queues = useTable("queues").data?.items ?? [];
  const [number, setNumber] = useState("");
  const [text, setText] = useState("");
  const attempt = useMutation({
    mutationFn: () => post<TriedText>(`/api/admin/lines/${lineId}/rules/try`, { number, text, rules: toSent(draft) }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (number.trim()) attempt.mutate();
  };
  const tried = attempt.data;
  const heard = tried?.heard;
  const nameOf = (queue: string | null) => queues.find(({ id }) => id === queue)?.name ?? t("filter.ownQueue");
  const isSentAway = tried?.filtered?.outcome === "answer" || tried?.filtered?.outcome === "bot";
  const percent = Math.round((heard?.confidence ?? 0) * 100);
  return (
    <section className={look.section} aria-labelledby="try-title">
      <h2 id="try-title">{t("rules.tryTitle")}</h2>
      <p className={styles.hint}>{t("rules.tryLead")}</p>
      <form className={look.row} onSubmit={submit}>
        <label className={look.grow}>
          <span className="visually-hidden">{t("rules.number")}</span>
          <input className={look.select} type="text" inputMode="tel" value={number} placeholder={t("rules.number")} maxLength={40} onChange={(event) => setNumber(event.target.value)} data-testid="try-number" />
        </label>
        <label className={look.grow}>
          <span className="visually-hidden">{t("rules.text")}</span>
          <input className={look.select} value={text} placeholder={t("rules.text")} maxLength={500} onChange={(event) => setText(event.target.value)} data-testid="try-text" />
        </label>
        <Button type="submit" disabled={!number.trim() || attempt.isPending} data-testid="try">
          {t("rules.try")}
        </Button>
      </form>
      <div role="status">
        {attempt.error && <p className={styles.error}>{reason(attempt.error)}</p>}
        {tried && !attempt.error && (
          <div data-testid="tried" data-place={tried.place}>
            <p>
              <strong>{address(tried.number)}</strong>
            </p>
            {tried.filtered && <Filtered filtered={tried.filtered} queue={nameOf(tried.filtered.queue_id)} />}
            {heard && <p>{heard.intent ? t("rules.heard", { intent: heard.intent, percent }) : t("rules.heardNothing", { percent })}</p>}
            {heard && !heard.hands_over && <p className={styles.hint}>{t("rules.answers")}</p>}
            <ol className={look.steps}>
              {tried.rules.map((one) => (
                <Traced key={one.place} tried={one} rule={draft.rules[one.place - 1]} />
              ))}
            </ol>
            {!tried.filtered?.queue_id && (
              <p>
                {isSentAway && t("rules.unfiltered")}
                {t("rules.result", { queue: nameOf(tried.queue_id) })} ({tried.place ? t("rules.byRule", { place: tried.place }) : t("rules.byDefault")})
              </p>
            )}
            {!tried.is_known && <p className={styles.hint}>{t("filter.unknown")}</p>}
          </div>
        )}
      </div>
    </section>
  );
}

/** What the line's front filter does first with who begins so. */
function Filtered({ filtered, queue }: { filtered: NonNullable<TriedText["filtered"]>; queue: string }) {
  const { t } = useTranslation("admin");
  const who = filtered.place ? t("rules.filtered.check", { place: filtered.place }) : t("rules.filtered.otherwise");
  const what = filtered.queue_id ? t("rules.filtered.queue", { queue }) : t(`rules.filtered.${filtered.outcome === "queue" ? "admit" : filtered.outcome}`);
  return (
    <p data-testid="filtered-first" data-outcome={filtered.outcome}>
      {who} {what}.
    </p>
  );
}

function Traced({ tried, rule }: { tried: TriedRule; rule: DraftRule | undefined }) {
  const { t } = useTranslation("admin");
  const words = useConditionWords();
  const Icon = tried.verdict === "taken" ? Check : tried.verdict === "failed" ? X : Minus;
  const say = (value: string, condition: DraftCondition | undefined): string => {
    // "3 14:05": Wednesday.
    if (condition?.kind === "time") return `${t(`rules.dayNames.${value[0] as "1"}`)} ${value.slice(2)}`;
    const known = SEEN.find((one) => one === value);
    return known ? t(`filter.seen.${known}`) : value || t("filter.seen.nothing");
  };
  return (
    <li className={tried.verdict === "taken" ? look.held : look.not} data-testid="traced" data-verdict={tried.verdict}>
      <Icon size={16} aria-hidden="true" />
      <span>{tried.name || t("rules.rule", { place: tried.place })}</span>
      <strong>{t(`rules.verdicts.${tried.verdict}`)}</strong>
      {tried.conditions.length > 0 && (
        <ul className={look.seen}>
          {tried.conditions.map((one) => {
            const condition = rule?.conditions[one.place - 1];
            return (
              <li key={one.place}>
                {condition ? words(condition) : t("rules.condition", { place: one.place })} : {t(one.passed ? "rules.passed" : "rules.failedCondition")} ({t("filter.saw", { seen: say(one.seen, condition) })})
              </li>
            );
          })}
        </ul>
      )}
    </li>
  );
}
