import { ArrowDown, ArrowUp, Plus, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { LineRules } from "@/api/types";
import { Button } from "@/ui/Button";
import { typeset } from "@/ui/typeset";
import { useTable } from "./api";
import { ConditionFields } from "./ConditionFields";
import { drafted } from "./ladder";
import { LadderSteps } from "./LadderSteps";
import { SkillLevels } from "./QueueParts";
import { newCondition, type DraftRule } from "./rulesDraft";
import styles from "./Admin.module.css";
import look from "./Filter.module.css";

interface RuleCardProps {
  rule: DraftRule;
  /** From 1. */
  place: number;
  last: boolean;
  bot: LineRules["bot"];
  refusal: string | null;
  /** What was refused within its ladder, as "0.skill". */
  refusedSteps: Record<string, string>;
  onChange: (rule: DraftRule) => void;
  onUp: () => void;
  onDown: () => void;
  onRemove: () => void;
}

/** One rule: when it holds, and where it leads. */
export function RuleCard({ rule, place, last, bot, refusal, refusedSteps, onChange, onUp, onDown, onRemove }: RuleCardProps) {
  const { t } = useTranslation("admin");
  const queues = useTable("queues").data?.items ?? [];
  const allSkills = useTable("skills").data?.items ?? [];
  const skills = allSkills.filter((one) => one.is_enabled || rule.wants.some(({ skill_id }) => skill_id === one.id));
  const id = `rule-${rule.form}`;
  const set = (fields: Partial<DraftRule>) => onChange({ ...rule, ...fields });
  const isSkipped = queues.some((queue) => queue.id === rule.queue_id && !queue.is_enabled);
  return (
    <>
      <div className={look.checkHead}>
        <h3>{rule.name || t("rules.rule", { place })}</h3>
        <Button look="quiet" size="small" square data-deed="up" aria-label={t("rules.up", { place })} icon={<ArrowUp size={16} />} disabled={place === 1} onClick={onUp} />
        <Button look="quiet" size="small" square data-deed="down" aria-label={t("rules.down", { place })} icon={<ArrowDown size={16} />} disabled={last} onClick={onDown} />
        <Button look="quiet" size="small" square aria-label={t("rules.remove", { place })} icon={<X size={16} />} onClick={onRemove} />
      </div>
      <div className={look.fields}>
        <div className={styles.field}>
          <label htmlFor={`${id}-name`}>{t("rules.name")}</label>
          <input id={`${id}-name`} value={rule.name} maxLength={80} onChange={(event) => set({ name: event.target.value })} />
        </div>
        <label className={styles.check}>
          <input type="checkbox" checked={rule.is_enabled} onChange={(event) => set({ is_enabled: event.target.checked })} />
          <span>{t("rules.enabled")}</span>
        </label>
      </div>
      <fieldset className={look.part}>
        <legend>{t("rules.conditions")}</legend>
        {rule.conditions.length === 0 && <p className={styles.hint}>{t("rules.always")}</p>}
        {rule.conditions.map((condition, index) => (
          <ConditionFields
            key={condition.form}
            condition={condition}
            place={index + 1}
            bot={bot}
            onChange={(to) => set({ conditions: rule.conditions.map((one, other) => (other === index ? to : one)) })}
            onRemove={() => set({ conditions: rule.conditions.filter((_, other) => other !== index) })}
          />
        ))}
        <Button size="small" icon={<Plus size={14} aria-hidden="true" />} onClick={() => set({ conditions: [...rule.conditions, newCondition("keyword")] })} data-testid="add-condition">
          {t("rules.addCondition")}
        </Button>
      </fieldset>
      <fieldset className={look.part}>
        <legend>{t("rules.then")}</legend>
        <div className={look.fields}>
          <div className={styles.field}>
            <label htmlFor={`${id}-queue`}>{t("rules.queue")}</label>
            <select id={`${id}-queue`} value={rule.queue_id} onChange={(event) => set({ queue_id: event.target.value })} data-testid="rule-queue">
              {!queues.some((queue) => queue.id === rule.queue_id) && <option value={rule.queue_id}>{t("filter.choose")}</option>}
              {queues.map((queue) => (
                <option key={queue.id} value={queue.id}>{queue.is_enabled ? queue.name : t("rules.queueOff", { queue: queue.name })}</option>
              ))}
            </select>
            {isSkipped && <p className={look.warning}>{t("rules.skipped")}</p>}
          </div>
          <div className={styles.field}>
            <label htmlFor={`${id}-priority`}>{t("rules.priority")}</label>
            <input id={`${id}-priority`} type="number" min={0} max={100} value={rule.priority} onChange={(event) => set({ priority: Math.trunc(Number(event.target.value)) || 0 })} />
          </div>
        </div>
        {skills.length > 0 && (
          <details className={look.earlier} open={rule.wants.length > 0}>
            <summary>{t("rules.wants")}</summary>
            <SkillLevels skills={skills} asked={rule.wants} onChange={(wants) => set({ wants })} />
          </details>
        )}
      </fieldset>
      <fieldset className={look.part}>
        <legend>{t("ladder.title")}</legend>
        <label className={styles.check}>
          <input
            type="checkbox" checked={rule.ladder !== null} data-testid="rule-own-ladder"
            onChange={(event) => set({ ladder: event.target.checked ? drafted(queues.find(({ id: queue }) => queue === rule.queue_id)?.ladder ?? []) : null })}
          />
          <span>{t("rules.ownLadder")}</span>
        </label>
        <p className={styles.hint}>{rule.ladder === null ? t("rules.queueLadder") : rule.ladder.length === 0 ? t("rules.emptyLadder") : t("rules.ladderHint")}</p>
        {rule.ladder !== null && (
          <div className={styles.field}>
            <LadderSteps
              steps={rule.ladder}
              skills={allSkills.filter((one) => one.is_enabled || rule.ladder?.some(({ skill }) => skill === one.id))}
              queues={queues.filter((queue) => queue.id !== rule.queue_id)}
              refused={refusedSteps}
              onChange={(ladder) => set({ ladder })}
            />
          </div>
        )}
      </fieldset>
      {refusal && <p className={styles.error}>{typeset(refusal)}</p>}
    </>
  );
}
