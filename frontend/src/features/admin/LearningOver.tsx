import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { get, post } from "@/api/fetch";
import type { Schemas } from "@/api/types";
import { Button } from "@/ui/Button";
import { Skeleton } from "@/ui/States";
import { number, shortDate } from "@/ui/format";
import { toast } from "@/ui/toasts";
import { botKey } from "./botApi";
import { useReason } from "./ListsSection";
import { Broken } from "./OfEachLine";
import { Table } from "./tables";
import look from "./Bot.module.css";

const REASONS = ["unsure", "asked", "rule", "failed"] as const;
const percent = (share: number) => `${number(Math.round(share * 1000) / 10)}\u00a0%`;

/** What the labels may teach, and how the bot has done week by week; where there is little, it says so. */
export function LearningOver({ bot }: { bot: string }) {
  const { t } = useTranslation("learning");
  const client = useQueryClient();
  const reason = useReason();
  const found = useQuery({
    queryKey: [...botKey, bot, "progress"],
    queryFn: ({ signal }) => get<Schemas["ProgressShown"]>(`/api/admin/bot/progress?bot=${encodeURIComponent(bot)}`, signal),
    retry: 1,
  });
  const learn = useMutation({
    mutationFn: () => post<Schemas["Taught"]>("/api/admin/bot/labels/learn", { bot }),
    onSuccess: ({ added, refused }) => {
      toast(t("learnt", { added, refused }));
      return client.invalidateQueries({ queryKey: botKey });
    },
    onError: (failure) => toast(reason(failure), { bad: true }),
  });
  if (found.isError && !found.data) return <Broken again={() => void found.refetch()} />;
  if (!found.data) return <Skeleton rows={4} label={t("over")} />;
  const of = found.data;
  const heads = (["week", "version", "turns", "answered", "clarified", "handed"] as const).map((one) => t(`heads.${one}`));
  return (
    <>
      <section className={look.answer}>
        <h3>{t("learn")}</h3>
        <p className={look.hint}>
          {t("labels", { count: of.labels, apart: of.kept_apart })}. {t("learnLead", { count: of.to_learn })}
        </p>
        <Button look="primary" disabled={of.to_learn === 0 || learn.isPending} onClick={() => learn.mutate()} data-testid="learn">
          {t("learn")}
        </Button>
        {learn.data && (
          <p className={look.hint} role="status">
            {t("toDraft")}
          </p>
        )}
      </section>
      <section className={look.answer} data-testid="over-time">
        <h3>{t("over")}</h3>
        {of.weeks.length === 0 ? (
          <p className={look.hint}>{t("noWeeks")}</p>
        ) : (
          <Table heads={heads} empty={false} label={t("over")}>
            {of.weeks.map((one) => (
              <tr key={`${one.week} ${one.version}`}>
                <th scope="row">{shortDate(`${one.week}T12:00:00Z`)}</th>
                <td>{one.version ? t("version", { number: one.version }) : t("shipped")}</td>
                <td>{number(one.turns)}</td>
                <td>
                  <Share of={one.answered} />
                </td>
                <td>{number(one.clarified)}</td>
                <td>
                  {Object.entries(one.handed_over).map(([name, count]) => (
                    <small key={name} className={look.below}>
                      {t(`reasons.${REASONS.find((known) => known === name) ?? "other"}`)}: {number(count)}
                    </small>
                  ))}
                </td>
              </tr>
            ))}
          </Table>
        )}
        <h3 className={look.title}>{t("right")}</h3>
        <p>
          <Share of={of.right} />
        </p>
        <p className={look.hint}>{t("rightNote")}</p>
        {of.by_version.length > 1 && (
          <ul className={look.phrases}>
            {of.by_version.map((one) => (
              <li key={one.version}>
                <span>{one.version ? t("version", { number: one.version }) : t("shipped")}</span> <Share of={one.right} />
              </li>
            ))}
          </ul>
        )}
        {of.by_intent.length > 0 && (
          <>
            <h3 className={look.title}>{t("byIntent")}</h3>
            <ul className={look.phrases}>
              {of.by_intent.map((one) => (
                <li key={one.intent}>
                  <span>{one.intent}</span> <small>{one.enough ? <Share of={one.right} /> : t("few")}</small>
                </li>
              ))}
            </ul>
          </>
        )}
        <h3 className={look.title}>{t("confused")}</h3>
        {of.confused.length === 0 && <p className={look.hint}>{t("noConfusion")}</p>}
        <ul className={look.phrases}>
          {of.confused.map((one) => (
            <li key={`${one.meant} ${one.taken_for}`}>
              <span>{t("confusion", { meant: one.meant, taken: one.taken_for || t("unknown") })}</span> <small>{number(one.count)}</small>
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}

function Share({ of }: { of: Schemas["Share"] | null }) {
  const { t } = useTranslation("learning");
  if (!of) return <>{t("unknown")}</>;
  return <>{t("share", { share: percent(of.share), count: of.count, of: of.of, low: percent(of.low), high: percent(of.high) })}</>;
}
