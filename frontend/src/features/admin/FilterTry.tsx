import { useMutation } from "@tanstack/react-query";
import { Check, Minus, X } from "lucide-react";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { post } from "@/api/fetch";
import { useSession } from "@/api/session";
import type { FilterWay, TriedNumber } from "@/api/types";
import { Button } from "@/ui/Button";
import { address } from "@/ui/format";
import { toSent, type Draft } from "./filterDraft";
import { useReason } from "./ListsSection";
import styles from "./Admin.module.css";
import look from "./Filter.module.css";

const SEEN = ["in", "out", "has", "none", "open", "closed"] as const;

/** A way in one sentence. */
export function useWayWords(): (way: FilterWay) => string {
  const { t } = useTranslation("admin");
  const { queues } = useSession();
  return (way) => {
    const queue = queues.find(({ id }) => id === way.queue_id)?.name;
    const said = [t(`filter.outcomes.${way.outcome}`)];
    if (way.outcome === "admit" || way.outcome === "queue") {
      said.push(queue ?? t("filter.ownQueue"));
      if (way.priority > 0) said.push(`${t("filter.priority").split(" (")[0]} ${way.priority}`);
    } else if (way.reply) said.push(`« ${way.reply} »`);
    return said.join(" · ");
  };
}

interface FilterTryProps {
  lineId: string;
  checks: { key: string | number; name: string }[];
  /** What stands on the screen; without it, what is stored. */
  draft?: Draft;
}

const SAID = ["opt_out", "opt_in", "help", "hint"] as const;

/** What the checks would do with a text of a number: each with the value that it saw. */
export function FilterTry({ lineId, checks, draft }: FilterTryProps) {
  const { t } = useTranslation("admin");
  const reason = useReason();
  const words = useWayWords();
  const [number, setNumber] = useState("");
  const [text, setText] = useState("");
  const attempt = useMutation({
    mutationFn: () => post<TriedNumber>(`/api/admin/lines/${lineId}/filter/try`, { number, text, filter: draft ? toSent(draft) : null }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (number.trim()) attempt.mutate();
  };
  const tried = attempt.data;
  const said = SAID.find((one) => one === tried?.said);
  return (
    <section className={look.section} aria-labelledby="try-title">
      <h2 id="try-title">{t("filter.tryTitle")}</h2>
      <p className={styles.hint}>{t(draft ? "filter.tryLead" : "filter.watch.tryLead")}</p>
      <form className={look.row} onSubmit={submit}>
        <label className={look.grow}>
          <span className="visually-hidden">{t("filter.number")}</span>
          <input className={look.select} type="text" inputMode="tel" value={number} placeholder={t("filter.number")} maxLength={40} onChange={(event) => setNumber(event.target.value)} data-testid="try-number" />
        </label>
        <label className={look.grow}>
          <span className="visually-hidden">{t("filter.text")}</span>
          <input className={look.select} value={text} placeholder={t("filter.text")} maxLength={500} onChange={(event) => setText(event.target.value)} data-testid="try-text" />
        </label>
        <Button type="submit" disabled={!number.trim() || attempt.isPending} data-testid="try">
          {t("filter.try")}
        </Button>
      </form>
      <div role="status">
        {attempt.error && <p className={styles.error}>{reason(attempt.error)}</p>}
        {tried && !attempt.error && (
          <div data-testid="tried" data-outcome={tried.way.outcome}>
            <p>
              <strong>{address(tried.number)}</strong>
            </p>
            {said && <p className={look.warning} data-testid="tried-said">{t(`filter.goes.${said}`)}</p>}
            {!said && (
              <>
                <ol className={look.steps}>
                  {checks.map((check, index) => {
                    const step = tried.steps.find(({ place }) => place === index + 1);
                    const seen = step ? (SEEN.find((one) => one === step.seen) ? t(`filter.seen.${SEEN.find((one) => one === step.seen)!}`) : step.seen || t("filter.seen.nothing")) : "";
                    const Icon = step ? (step.passed ? Check : X) : Minus;
                    return (
                      <li key={check.key} className={step?.passed ? look.held : look.not}>
                        <Icon size={16} aria-hidden="true" />
                        <span>{check.name || t("filter.check", { place: index + 1 })}</span>
                        <strong>{t(step ? (step.passed ? "filter.passed" : "filter.failedCheck") : "filter.notAsked")}</strong>
                        {step && <span>{t("filter.saw", { seen })}</span>}
                      </li>
                    );
                  })}
                </ol>
                <p>
                  {t("filter.result", { outcome: words(tried.way) })} ({tried.place ? t("filter.byCheck", { place: tried.place }) : t("filter.byDefault")})
                </p>
              </>
            )}
            {!tried.is_known && <p className={styles.hint}>{t("filter.unknown")}</p>}
          </div>
        )}
      </div>
    </section>
  );
}
