import { X } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { FilterCompare, FilterKind, LineRules, RuleKind } from "@/api/types";
import { Button } from "@/ui/Button";
import { Subject } from "./CheckCard";
import { BOT_KINDS, DAYS, listed, newCondition, PERSON_KINDS, toggled, type DraftCondition } from "./rulesDraft";
import styles from "./Admin.module.css";
import look from "./Filter.module.css";

const ENTITY_COMPARES: FilterCompare[] = ["set", "unset", "is", "is_not"];

export type BotKind = (typeof BOT_KINDS)[number] | "time";
export const isOfRules = (kind: RuleKind): kind is BotKind => kind === "time" || BOT_KINDS.some((one) => one === kind);

interface ConditionFieldsProps {
  condition: DraftCondition;
  /** From 1. */
  place: number;
  bot: LineRules["bot"];
  onChange: (condition: DraftCondition) => void;
  onRemove: () => void;
}

/** One condition of a rule. */
export function ConditionFields({ condition, place, bot, onChange, onRemove }: ConditionFieldsProps) {
  const { t } = useTranslation("admin");
  const id = `condition-${condition.form}`;
  const set = (fields: Partial<DraftCondition>) => onChange({ ...condition, ...fields });
  const kinds: RuleKind[] = [...BOT_KINDS.filter((one) => bot !== null || one === condition.kind), ...PERSON_KINDS];
  return (
    <div className={look.condition} role="group" aria-label={t("rules.condition", { place })} data-testid="condition">
      <div className={look.fields}>
        <div className={styles.field}>
          <label htmlFor={`${id}-kind`}>{t("rules.kind")}</label>
          <select id={`${id}-kind`} value={condition.kind} onChange={(event) => onChange(newCondition(event.target.value as RuleKind, condition.form))}>
            {kinds.map((one) => (
              <option key={one} value={one}>{isOfRules(one) ? t(`rules.kinds.${one}`) : t(`filter.kinds.${one}`)}</option>
            ))}
          </select>
        </div>
        {isOfRules(condition.kind) ? (
          <OfRules id={id} kind={condition.kind} condition={condition} bot={bot} set={set} />
        ) : (
          <Subject id={id} check={{ ...condition, kind: condition.kind satisfies FilterKind }} set={(fields) => onChange({ ...condition, ...fields })} />
        )}
      </div>
      <Button look="quiet" size="small" square aria-label={t("rules.removeCondition", { place })} icon={<X size={16} />} onClick={onRemove} />
    </div>
  );
}

interface OfRulesProps {
  id: string;
  kind: BotKind;
  condition: DraftCondition;
  bot: LineRules["bot"];
  set: (fields: Partial<DraftCondition>) => void;
}

/** What rules ask and front filters do not. */
function OfRules({ id, kind, condition, bot, set }: OfRulesProps) {
  const { t } = useTranslation("admin");
  const chosen = listed(condition.words);
  if (kind === "intent" || kind === "skill") {
    // What the bot no longer knows stays in sight while a rule names it.
    const known = kind === "intent" ? bot?.intents : bot?.skills;
    const names = [...new Set([...(known ?? []), ...chosen])];
    return (
      <fieldset className={`${look.part} ${look.wide}`}>
        <legend>{t(kind === "intent" ? "rules.intents" : "rules.skills")}</legend>
        {names.length === 0 && <p className={styles.hint}>{t(kind === "intent" ? "rules.noIntents" : "rules.noSkills")}</p>}
        <div className={look.choices}>
          {names.map((name) => (
            <label key={name} className={styles.check}>
              <input type="checkbox" checked={chosen.includes(name)} onChange={(event) => set({ words: toggled(condition.words, name, event.target.checked) })} />
              <span>{name}</span>
            </label>
          ))}
        </div>
      </fieldset>
    );
  }
  if (kind === "time") {
    const [first = "", last = ""] = condition.value.split("-");
    return (
      <>
        <div className={styles.field}>
          <label htmlFor={`${id}-from`}>{t("rules.from")}</label>
          <input id={`${id}-from`} type="time" value={first} onChange={(event) => set({ value: `${event.target.value}-${last}` })} />
        </div>
        <div className={styles.field}>
          <label htmlFor={`${id}-until`}>{t("rules.until")}</label>
          <input id={`${id}-until`} type="time" value={last} onChange={(event) => set({ value: `${first}-${event.target.value}` })} />
        </div>
        <fieldset className={`${look.part} ${look.wide}`}>
          <legend>{t("rules.days")}</legend>
          <div className={look.choices}>
            {DAYS.map((day) => (
              <label key={day} className={styles.check}>
                <input type="checkbox" checked={chosen.includes(day)} onChange={(event) => set({ words: toggled(condition.words, day, event.target.checked) })} />
                <span>{t(`rules.dayNames.${day}`)}</span>
              </label>
            ))}
          </div>
        </fieldset>
      </>
    );
  }
  if (kind === "confidence")
    return (
      <>
        <div className={styles.field}>
          <label htmlFor={`${id}-compare`}>{t("filter.compare")}</label>
          <select id={`${id}-compare`} value={condition.compare} onChange={(event) => set({ compare: event.target.value as FilterCompare })}>
            {(["less", "more"] as const).map((one) => (
              <option key={one} value={one}>{t(`rules.compares.${one}`)}</option>
            ))}
          </select>
        </div>
        <div className={styles.field}>
          <label htmlFor={`${id}-value`}>{t("rules.percent")}</label>
          <input id={`${id}-value`} type="number" min={0} max={100} value={condition.value} onChange={(event) => set({ value: event.target.value })} />
        </div>
      </>
    );
  const entities = [...new Set([...(bot?.entities ?? []), ...(condition.key ? [condition.key] : [])])];
  return (
    <>
      <div className={styles.field}>
        <label htmlFor={`${id}-key`}>{t("rules.entity")}</label>
        <select id={`${id}-key`} value={condition.key} onChange={(event) => set({ key: event.target.value })}>
          <option value="">{t("filter.choose")}</option>
          {entities.map((one) => (
            <option key={one} value={one}>{one}</option>
          ))}
        </select>
      </div>
      <div className={styles.field}>
        <label htmlFor={`${id}-compare`}>{t("filter.compare")}</label>
        <select id={`${id}-compare`} value={condition.compare} onChange={(event) => set({ compare: event.target.value as FilterCompare })}>
          {ENTITY_COMPARES.map((one) => (
            <option key={one} value={one}>{t(`filter.compares.${one}`)}</option>
          ))}
        </select>
      </div>
      {(condition.compare === "is" || condition.compare === "is_not") && (
        <div className={styles.field}>
          <label htmlFor={`${id}-value`}>{t("filter.value")}</label>
          <input id={`${id}-value`} value={condition.value} maxLength={300} onChange={(event) => set({ value: event.target.value })} />
        </div>
      )}
    </>
  );
}
