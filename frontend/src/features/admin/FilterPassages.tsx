import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { get, query } from "@/api/fetch";
import type { FilterDays, FilterPassages as Page } from "@/api/types";
import { Button } from "@/ui/Button";
import { address, fullTime, longDate, number } from "@/ui/format";
import { Skeleton } from "@/ui/States";
import { adminKey } from "./api";
import { Table } from "./tables";
import styles from "./Admin.module.css";
import look from "./Filter.module.css";

const WHICH = ["all", "passed", "refused", "queue", "answer", "bot"] as const;
const SILENCES = ["opted_out", "no_number", "too_many", "repeated", "failed", "empty", "told"] as const;
export const EVERY_MS = 15_000;

export function useFilterDays(lineId: string) {
  return useQuery({
    queryKey: [...adminKey, "filter-days", lineId],
    queryFn: ({ signal }) => get<FilterDays>(`/api/front-filter/${lineId}/days`, signal),
    refetchInterval: EVERY_MS,
    retry: 1,
  });
}

/** How many a day were let in and refused, and who they were. */
export function FilterPassages({ lineId }: { lineId: string }) {
  const days = useFilterDays(lineId);
  return (
    <>
      <Days days={days.data} failed={days.isError} />
      <Passages lineId={lineId} checks={days.data?.checks ?? []} />
    </>
  );
}

interface Day {
  day: string;
  admitted: number;
  refused: number;
  by: Map<string, number>;
}

function sums(days: FilterDays): Day[] {
  const found = new Map<string, Day>();
  for (const one of days.items) {
    const day = found.get(one.day) ?? { day: one.day, admitted: 0, refused: 0, by: new Map<string, number>() };
    if (one.outcome === "admit") day.admitted += one.count;
    else {
      day.refused += one.count;
      day.by.set(one.check_id ?? "", (day.by.get(one.check_id ?? "") ?? 0) + one.count);
    }
    found.set(one.day, day);
  }
  return [...found.values()];
}

export function useCheckName(checks: FilterDays["checks"]): (id: string | null) => string {
  const { t } = useTranslation("admin");
  return (id) => {
    if (!id) return t("filter.usual");
    const check = checks.find((one) => one.id === id);
    return check ? check.name || t("filter.check", { place: check.place }) : t("filter.gone");
  };
}

function Days({ days, failed }: { days: FilterDays | undefined; failed: boolean }) {
  const { t } = useTranslation("admin");
  const named = useCheckName(days?.checks ?? []);
  return (
    <section className={look.section} aria-labelledby="days-title" data-testid="filter-days">
      <h2 id="days-title">{t("filter.days")}</h2>
      {failed && !days ? (
        <p className={styles.error}>{t("error")}</p>
      ) : !days ? (
        <Skeleton rows={2} label={t("loading")} />
      ) : days.items.length === 0 ? (
        <p className={styles.hint}>{t("filter.noDays")}</p>
      ) : (
        <Table heads={[t("filter.day"), t("filter.let"), t("filter.refused"), t("filter.reasons")]} empty={false} label={t("filter.days")}>
          {sums(days).map((one) => (
            <tr key={one.day}>
              <th scope="row">{longDate(`${one.day}T12:00:00Z`)}</th>
              <td className={styles.figure}>{number(one.admitted)}</td>
              <td className={styles.figure} data-testid="refused-count">{number(one.refused)}</td>
              <td>{[...one.by].map(([id, count]) => `${named(id || null)} (${number(count)})`).join(", ") || "–"}</td>
            </tr>
          ))}
        </Table>
      )}
    </section>
  );
}

function Passages({ lineId, checks }: { lineId: string; checks: FilterDays["checks"] }) {
  const { t } = useTranslation("admin");
  const named = useCheckName(checks);
  const [which, choose] = useState<(typeof WHICH)[number]>("refused");
  const found = useInfiniteQuery({
    queryKey: [...adminKey, "passages", lineId, which],
    queryFn: ({ pageParam, signal }) => get<Page>(`/api/front-filter/${lineId}/passages${query({ which, after: pageParam })}`, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    refetchInterval: (now) => ((now.state.data?.pages.length ?? 0) > 1 ? false : EVERY_MS),
    retry: 1,
  });
  const items = found.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className={look.section} aria-labelledby="passages-title">
      <h2 id="passages-title">{t("filter.passages")}</h2>
      <div className={look.switches} role="group" aria-labelledby="passages-title">
        {WHICH.map((one) => (
          <Button key={one} size="small" look={one === which ? "plain" : "quiet"} aria-pressed={one === which} onClick={() => choose(one)} data-testid={`passages-${one}`}>
            {t(`filter.which_.${one}`)}
          </Button>
        ))}
      </div>
      {found.isError && !found.data ? (
        <p className={styles.error}>{t("error")}</p>
      ) : !found.data ? (
        <Skeleton rows={3} label={t("loading")} />
      ) : items.length === 0 ? (
        <p className={styles.hint}>{t("filter.nobody")}</p>
      ) : (
        <>
          <Table heads={[t("filter.heads.at"), t("filter.heads.number"), t("filter.heads.outcome"), t("filter.heads.check")]} empty={false} label={t("filter.passages")}>
            {items.map((one) => {
              const silence = SILENCES.find((why) => why === one.silence);
              return (
                <tr key={one.conversation_id} data-testid="passage" data-outcome={one.outcome}>
                  <td className={styles.when}>
                    <time dateTime={one.at}>{fullTime(one.at)}</time>
                  </td>
                  <th scope="row" className={styles.figure}>{address(one.number)}</th>
                  <td>
                    {t(`filter.outcomes.${one.outcome}`)}
                    {silence && <div className={look.silent}>{t(`filter.silence.${silence}`)}</div>}
                  </td>
                  <td>{named(one.check_id)}</td>
                </tr>
              );
            })}
          </Table>
          {found.hasNextPage && (
            <Button disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
              {t("filter.more")}
            </Button>
          )}
        </>
      )}
    </section>
  );
}
