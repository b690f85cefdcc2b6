import { Plus, X } from "lucide-react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { LadderDeed, LadderTexts as Texts, Skill } from "@/api/routing";
import { Button } from "@/ui/Button";
import { DEEDS, MOST_STEPS, inOrder, withNext, type Draft } from "./ladder";
import look from "./Ladder.module.css";

interface LadderStepsProps {
  steps: Draft[];
  skills: Skill[];
  /** The other queues, which it may overflow into; into one that is out of use nothing does. */
  queues: { id: string; name: string; is_enabled: boolean }[];
  /** What was refused, as "0.skill". */
  refused: Record<string, string>;
  onChange: (steps: Draft[]) => void;
}

/** What waiting changes, of a queue or a rule: one row for each step, in the order of time. */
export function LadderSteps({ steps, skills, queues, refused, onChange }: LadderStepsProps) {
  const { t } = useTranslation("admin");
  const list = useRef<HTMLOListElement>(null);
  const isNew = useRef(false); // the last step, just added: it takes the focus once it is there
  const put = (key: number, change: Partial<Draft>) => onChange(steps.map((one) => (one.key === key ? { ...one, ...change } : one)));
  const add = () => {
    onChange(withNext(steps, { skill: skills[0]?.id ?? "", queue: queues.find(({ is_enabled }) => is_enabled)?.id ?? "" }));
    isNew.current = true;
  };
  useEffect(() => {
    if (isNew.current) list.current?.querySelector<HTMLElement>(":scope > li:last-child input")?.focus();
    isNew.current = false;
  }, [steps]);
  return (
    <div data-testid="ladder">
      <ol ref={list} className={look.steps}>
        {steps.map((step, place) => {
          const wrong = Object.entries(refused).filter(([name]) => name === String(place) || name.startsWith(`${place}.`));
          const bad = (part: string) => wrong.some(([name]) => name === `${place}.${part}` || name === String(place)) || undefined;
          const names = { number: place + 1 };
          const isOff = step.do === "add_queue" && queues.some(({ id, is_enabled }) => id === step.queue && !is_enabled);
          return (
            <li key={step.key} className={look.step} data-testid="ladder-step">
              <label className={look.after}>
                <span>{t("ladder.after")}</span>
                <input
                  inputMode="numeric" autoComplete="off" value={step.after} aria-invalid={bad("after_s")} aria-label={t("ladder.seconds", names)}
                  onChange={(event) => put(step.key, { after: event.target.value })} onBlur={() => onChange(inOrder(steps))}
                />
                <span>{t("ladder.unit")}</span>
              </label>
              <select className={look.what} aria-label={t("ladder.what", names)} aria-invalid={bad("do")} value={step.do} onChange={(event) => put(step.key, { do: event.target.value as LadderDeed })}>
                {DEEDS.map((one) => (
                  <option key={one} value={one}>
                    {t(`ladder.do.${one}`)}
                  </option>
                ))}
              </select>
              {(step.do === "lower_level" || step.do === "drop_preferred") && (
                <Choice label={t("ladder.skill", names)} value={step.skill} options={skills} none={t("ladder.noSkill")} bad={bad("skill")} onChange={(skill) => put(step.key, { skill })} />
              )}
              {step.do === "add_queue" && (
                <Choice label={t("ladder.queue", names)} value={step.queue} options={queues.filter(({ id, is_enabled }) => is_enabled || id === step.queue)} none={t("ladder.noQueue")} bad={bad("queue")} onChange={(queue) => put(step.key, { queue })} />
              )}
              {(step.do === "lower_level" || step.do === "raise_priority") && (
                <label className={look.by}>
                  <span>{t("ladder.by")}</span>
                  <input inputMode="numeric" autoComplete="off" value={step.by} aria-invalid={bad("by")} aria-label={t(step.do === "lower_level" ? "ladder.levels" : "ladder.points", names)} onChange={(event) => put(step.key, { by: event.target.value })} />
                </label>
              )}
              <Button look="quiet" square className={look.remove} aria-label={t("ladder.remove", names)} icon={<X size={16} />} onClick={() => onChange(steps.filter((one) => one.key !== step.key))} />
              {isOff && <p className={look.off}>{t("ladder.queueOff")}</p>}
              {wrong.map(([name, words]) => (
                <p key={name} className={look.wrong}>
                  {words}
                </p>
              ))}
            </li>
          );
        })}
      </ol>
      <Button icon={<Plus size={16} aria-hidden="true" />} disabled={steps.length >= MOST_STEPS} onClick={add} data-testid="ladder-add">
        {t("ladder.add")}
      </Button>
    </div>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  options: { id: string; name: string }[];
  none: string;
  bad: boolean | undefined;
  onChange: (id: string) => void;
}

function Choice({ label, value, options, none, bad, onChange }: ChoiceProps) {
  return (
    <select className={look.what} aria-label={label} aria-invalid={bad} value={value} onChange={(event) => onChange(event.target.value)}>
      {!options.some(({ id }) => id === value) && <option value={value}>{none}</option>}
      {options.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </select>
  );
}

const LANGUAGES = ["fr", "en"] as const;
const NAMES = ["position_and_wait", "position", "offer_callback", "callback_promised"] as const;

/** The queue's own words; where there are none, the usual ones stand in grey. */
export function LadderTexts({ texts, usual, onChange }: { texts: Texts; usual: Texts; onChange: (texts: Texts) => void }) {
  const { t } = useTranslation("admin");
  return NAMES.map((name) => (
    <fieldset key={name} className={look.text}>
      <legend>{t(`ladder.text.${name}`)}</legend>
      {LANGUAGES.map((language) => (
        <label key={language}>
          <span>{t(`queues.language.${language}`)}</span>
          <textarea
            rows={3} lang={language} maxLength={320} placeholder={usual[language]?.[name] ?? ""} value={texts[language]?.[name] ?? ""}
            onChange={(event) => onChange({ ...texts, [language]: { ...texts[language], [name]: event.target.value } })}
          />
        </label>
      ))}
    </fieldset>
  ));
}
