import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Schemas } from "@/api/types";
import { number } from "@/ui/format";
import { spoken, type BotFigures } from "./botApi";
import { Table } from "./tables";
import look from "./Bot.module.css";

const FIGURES = ["top1", "precision", "answered", "off_topic_rejected"] as const;

const percent = (share: number) => `${number(Math.round(share * 1000) / 10)}\u00a0%`;

/** A candidate beside what talks now: on texts kept apart, in saved conversations, on last week's texts. */
export function BotFiguresTable({ figures }: { figures: BotFigures }) {
  const { t } = useTranslation("bot");
  const failed = figures.rehearsals.filter(({ passed }) => !passed);
  return (
    <div data-testid="figures">
      <Table heads={[t("heads.set"), ...FIGURES.map((one) => t(`heads.${one}`))]} empty={figures.sets.length === 0} label={t("heads.set")}>
        {figures.sets.map((one) => {
          const known = spoken(one.language);
          return (
            <tr key={`${one.set} ${one.language}`}>
              <th scope="row">
                {t(`set.${one.set as "shipped"}`)} · {known ? t(`languages.${known}`) : one.language}
                <small className={look.below}>{one.decides ? t("texts", { count: one.texts }) : t("few_texts", { count: one.texts })}</small>
              </th>
              {FIGURES.map((figure) => (
                <td key={figure} className={figures.reasons.some((reason) => reason.startsWith(`${one.set}.${one.language}.${figure}`)) ? look.worse : undefined}>
                  <Share now={one.candidate[figure]} before={one.published[figure]} />
                </td>
              ))}
            </tr>
          );
        })}
      </Table>
      {figures.reasons.includes("nothing_to_judge_by") && <p className={look.trouble}>{t("noJudge")}</p>}
      {failed.map((one) => (
        <div key={one.name} className={look.trouble}>
          <p>{t("rehearsalFailed", { name: one.name })}</p>
          <ul>
            {one.problems.map((problem) => (
              <li key={`${problem.step} ${problem.wanted}`}>{t("rehearsalStep", { step: problem.step, wanted: problem.wanted || t("unsure"), came: problem.came || t("unsure") })}</li>
            ))}
          </ul>
        </div>
      ))}
      <h3 className={look.title}>{t("shadow")}</h3>
      <p className={look.hint}>{figures.shadow.texts === 0 ? t("shadowNone") : t("shadowCount", { differ: figures.shadow.differ, texts: figures.shadow.texts })}</p>
      {figures.shadow.items.length > 0 && (
        <ul className={look.phrases}>
          {figures.shadow.items.map((one) => (
            <li key={`${one.conversation_id} ${one.seq}`}>
              <span>{one.text || "–"}</span>
              <Link to={`/?view=all&c=${one.conversation_id}`}>
                {one.was || t("unsure")} → {one.now || t("unsure")}
              </Link>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Share({ now, before }: { now: Schemas["Share"] | null; before: Schemas["Share"] | null }) {
  const { t } = useTranslation("bot");
  if (!now) return <>–</>;
  return (
    <>
      <strong>{percent(now.share)}</strong>
      <small className={look.below}>{t("interval", { low: percent(now.low), high: percent(now.high) })}</small>
      {before && <small className={look.below}>{t("was", { share: percent(before.share) })}</small>}
    </>
  );
}
