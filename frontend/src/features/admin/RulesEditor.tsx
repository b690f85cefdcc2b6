import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, put } from "@/api/fetch";
import type { LineRules } from "@/api/types";
import { Button } from "@/ui/Button";
import { toast } from "@/ui/toasts";
import { adminKey } from "./api";
import { moved, refusalOf } from "./filterDraft";
import { useReason } from "./ListsSection";
import { RuleCard } from "./RuleCard";
import { newRule, refusedOf, toDraft, toSent, type DraftRule, type RulesDraft } from "./rulesDraft";
import { RulesTry } from "./RulesTry";
import styles from "./Admin.module.css";
import look from "./Filter.module.css";

interface RulesEditorProps {
  stored: LineRules;
  /** The line's own queue. */
  queueId: string;
  onReload: () => Promise<LineRules | undefined>;
}

/** The rules of one line, in their order; saved together. */
export function RulesEditor({ stored, queueId, onReload }: RulesEditorProps) {
  const { t } = useTranslation("admin");
  const client = useQueryClient();
  const reason = useReason();
  const [draft, setDraft] = useState<RulesDraft>(() => toDraft(stored));
  const [said, say] = useState("");
  const list = useRef<HTMLOListElement>(null);
  const save = useMutation({
    mutationFn: () => put<LineRules>(`/api/admin/lines/${stored.line_id}/rules`, toSent(draft)),
    onSuccess: (now) => {
      client.setQueryData([...adminKey, "rules", stored.line_id], now);
      setDraft(toDraft(now));
      toast(t("rules.saved"));
    },
  });
  const changed = JSON.stringify(toSent(draft)) !== JSON.stringify(toSent(toDraft(stored)));
  const fields = save.error instanceof ApiError ? save.error.fields : {};
  const isStale = save.error instanceof ApiError && save.error.code === "changed_meanwhile";

  const setRules = (rules: DraftRule[]) => setDraft((now) => ({ ...now, rules }));
  /** `deed`: which button did it, so that the keyboard stays on it at its new place. */
  const move = (from: number, to: number, deed: "up" | "down") => {
    if (to < 0 || to >= draft.rules.length) return;
    setRules(moved(draft.rules, from, to));
    say(t("rules.moved", { place: to + 1 }));
    requestAnimationFrame(() => {
      const item = list.current?.children[to];
      const wanted = item?.querySelector<HTMLButtonElement>(`[data-deed=${deed}]:not(:disabled)`) ?? item?.querySelector<HTMLButtonElement>("[data-deed]:not(:disabled)");
      wanted?.focus();
    });
  };
  const reload = async () => {
    const now = await onReload();
    if (!now) return;
    save.reset();
    setDraft(toDraft(now));
  };

  return (
    <>
      <section className={look.section} aria-labelledby="rules-title">
        <label className={styles.check}>
          <input type="checkbox" role="switch" checked={draft.is_enabled} onChange={(event) => setDraft({ ...draft, is_enabled: event.target.checked })} data-testid="rules-on" />
          <span>{t("rules.on")}</span>
        </label>
        <h2 id="rules-title">{t("rules.list")}</h2>
        {draft.rules.length === 0 && <p className={styles.hint}>{t("rules.none")}</p>}
        <ol ref={list} className={look.checks}>
          {draft.rules.map((rule, index) => (
            <li key={rule.form} className={look.check} data-refused={refusalOf(fields, `rules.${index + 1}`) !== null} data-testid="rule">
              <RuleCard
                rule={rule}
                place={index + 1}
                last={index === draft.rules.length - 1}
                bot={stored.bot}
                refusal={refusedOf(fields, index + 1).other}
                refusedSteps={refusedOf(fields, index + 1).ladder}
                onChange={(to) => setRules(draft.rules.map((one, other) => (other === index ? to : one)))}
                onUp={() => move(index, index - 1, "up")}
                onDown={() => move(index, index + 1, "down")}
                onRemove={() => {
                  setRules(draft.rules.filter((_, other) => other !== index));
                  say(t("rules.removed"));
                }}
              />
            </li>
          ))}
        </ol>
        <Button icon={<Plus size={16} aria-hidden="true" />} onClick={() => setRules([...draft.rules, newRule(queueId, stored.bot !== null)])} data-testid="add-rule">
          {t("rules.add")}
        </Button>
        <p role="status" className="visually-hidden">{said}</p>
        <div className={look.foot}>
          <Button look="primary" disabled={!changed || save.isPending} onClick={() => save.mutate()} data-testid="save-rules">
            {t("rules.save")}
          </Button>
          {changed && !save.isPending && <span className={look.unsaved}>{t("rules.unsaved")}</span>}
          <p role="alert" className={styles.error}>{save.error ? t("rules.failed", { reason: reason(save.error) }) : ""}</p>
          {isStale && (
            <Button onClick={() => void reload()} data-testid="reload-rules">{t("rules.reload")}</Button>
          )}
        </div>
      </section>
      <RulesTry lineId={stored.line_id} draft={draft} />
    </>
  );
}
