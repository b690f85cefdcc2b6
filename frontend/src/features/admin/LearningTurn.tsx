import { useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Language, Schemas } from "@/api/types";
import { Button } from "@/ui/Button";
import { clockTime, fullTime, shortDate } from "@/ui/format";
import look from "./Bot.module.css";

export type TurnListed = Schemas["TurnListed"];
const OFF_TOPIC = "out_of_scope";
const REASONS = ["unsure", "asked", "rule", "failed"] as const;

interface TurnProps {
  turn: TurnListed;
  intents: string[];
  picked: boolean;
  known: Language | null;
  onPick: () => void;
  /** `phrase` undefined: what is proposed. */
  onLabel: (intent: string, phrase?: string) => void;
  onMove: (step: number) => void;
}

/** One text, what was made of it, and what it meant. One key says it: 1 to 5, O, S. */
export function LearningTurn({ turn, intents, picked, known, onPick, onLabel, onMove }: TurnProps) {
  const { t } = useTranslation("learning");
  const [meant, mean] = useState(turn.label?.intent ?? "");
  const [phrase, write] = useState(turn.label?.phrase ?? turn.proposed);
  const guesses = turn.ranking.length > 0 ? turn.ranking : turn.best ? [{ intent: turn.best, confidence: turn.confidence }] : [];
  const percent = Math.round(turn.confidence * 100);
  const canLabel = phrase.trim() !== "";
  const press = (event: KeyboardEvent<HTMLLIElement>) => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.toLowerCase();
    const guess = guesses[Number(key) - 1];
    if (key === "j" || key === "arrowdown") onMove(1);
    else if (key === "k" || key === "arrowup") onMove(-1);
    else if (key === "s") onLabel("");
    else if (key === "o" && canLabel) onLabel(OFF_TOPIC, phrase);
    else if (key === "x" || key === " ") onPick();
    else if (guess && canLabel) onLabel(guess.intent, phrase);
    else return;
    event.preventDefault();
  };
  const reason = REASONS.find((one) => one === turn.reason);
  return (
    <li id={`turn-${turn.id}`} className={look.turn} tabIndex={0} onKeyDown={press} data-testid="turn" aria-label={turn.text || t("erased")}>
      <div className={look.turnHead}>
        <input type="checkbox" checked={picked} onChange={onPick} aria-label={t("select")} />
        <strong lang={known ?? undefined}>{turn.text || t("erased")}</strong>
      </div>
      <p className={look.hint}>
        <time dateTime={turn.at} title={fullTime(turn.at)}>
          {shortDate(turn.at)} {clockTime(turn.at)}
        </time>{" "}
        · {turn.line} · {turn.version ? t("version", { number: turn.version }) : t("shipped")} · {turn.intent ? t("guessed", { intent: turn.intent, percent }) : turn.best ? t("unsure", { best: turn.best, percent }) : t("unsureOf", { percent })} ·{" "}
        {t(`outcomes.${turn.outcome as "answered"}`)}
        {turn.outcome === "handed_over" && ` (${t(`reasons.${reason ?? "other"}`)})`} · <Link to={`/?view=all&c=${turn.conversation_id}`}>{t("open")}</Link>
      </p>
      {turn.label && (
        <p className={look.labelled} data-testid="label">
          {turn.label.intent ? t("labelledAs", { intent: turn.label.intent }) : t("skipped")} {turn.label.by && t("by", { name: turn.label.by })}
          {turn.label.is_kept_apart && ` · ${t("apart")}`}
        </p>
      )}
      {turn.text && (
        <div className={look.row}>
          {guesses.map(({ intent, confidence }, place) => (
            <Button key={intent} size="small" hint={String(place + 1)} disabled={!canLabel} onClick={() => onLabel(intent, phrase)}>
              {`${intent} ${Math.round(confidence * 100)}\u00a0%`}
            </Button>
          ))}
          <label>
            {t("meant")}
            <select value={meant} onChange={(event) => mean(event.target.value)} data-testid="meant">
              <option value="">{t("choose")}</option>
              {intents.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </select>
          </label>
          <label className={look.grow} title={t("phraseHint")}>
            {t("phrase")}
            <input value={phrase} maxLength={300} lang={known ?? undefined} onChange={(event) => write(event.target.value)} data-testid="phrase" />
          </label>
          <Button size="small" look="primary" disabled={!meant || !canLabel} onClick={() => onLabel(meant, phrase)} data-testid="label-one">
            {t("label")}
          </Button>
          <Button size="small" look="quiet" hint="O" disabled={!canLabel} onClick={() => onLabel(OFF_TOPIC, phrase)}>
            {t("oos")}
          </Button>
          <Button size="small" look="quiet" hint="S" onClick={() => onLabel("")}>
            {t("skip")}
          </Button>
        </div>
      )}
    </li>
  );
}
