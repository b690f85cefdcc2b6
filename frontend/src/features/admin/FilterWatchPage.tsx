import { useQuery } from "@tanstack/react-query";
import { CloudOff, Filter } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { get } from "@/api/fetch";
import { isObserver, useSession } from "@/api/session";
import type { FilteredLine } from "@/api/types";
import { Button } from "@/ui/Button";
import { number } from "@/ui/format";
import page from "@/ui/page.module.css";
import { Empty, Skeleton } from "@/ui/States";
import { adminKey } from "./api";
import { EVERY_MS, FilterPassages, useCheckName, useFilterDays } from "./FilterPassages";
import { FilterTry } from "./FilterTry";
import { sumsOf } from "./filterSums";
import styles from "./Admin.module.css";
import look from "./Filter.module.css";

/** Who passed the front filters and who was refused, for those who watch. `tabs`: the way to supervision's other pages. */
export default function FilterWatchPage({ tabs }: { tabs: ReactNode }) {
  const { t } = useTranslation("admin");
  const [chosen, choose] = useState("");
  const { data, isError, refetch } = useQuery({
    queryKey: [...adminKey, "filtered-lines"],
    queryFn: ({ signal }) => get<{ items: FilteredLine[] }>("/api/front-filter", signal),
    refetchInterval: EVERY_MS,
    retry: 1,
  });
  const line = data?.items.find(({ id }) => id === chosen) ?? data?.items[0];
  return (
    <main className={page.page} tabIndex={0} aria-label={t("filter.watch.title")}>
      <div className={page.content}>
        <header className={page.head}>
          <h1>{t("filter.watch.title")}</h1>
          {tabs}
        </header>
        {data && line ? (
          <>
            <p className={`${page.lead} ${look.lead}`}>{t("filter.watch.lead")}</p>
            <Lines items={data.items} shown={line.id} onShow={choose} />
            <OfLine key={line.id} line={line} />
          </>
        ) : data ? (
          <Empty icon={<Filter size={24} />} title={t("filter.watch.empty")} text={t("filter.watch.emptyText")} />
        ) : isError ? (
          <Empty icon={<CloudOff size={24} />} title={t("error")} text={t("errorText")}>
            <Button onClick={() => void refetch()}>{t("retry")}</Button>
          </Empty>
        ) : (
          <Skeleton rows={6} label={t("loading")} />
        )}
      </div>
    </main>
  );
}

function Lines({ items, shown, onShow }: { items: FilteredLine[]; shown: string; onShow: (id: string) => void }) {
  const { t } = useTranslation("admin");
  const figures = ["letToday", "refusedToday", "letWeek", "refusedWeek"] as const;
  return (
    <section className={look.section} aria-label={t("filter.watch.lines")}>
      <div className={page.table} role="region" aria-label={t("filter.watch.lines")} tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t("filter.line")}</th>
              {figures.map((one) => (
                <th key={one} scope="col" className={page.figure}>{t(`filter.watch.${one}`)}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {items.map((one) => {
              const sums = sumsOf(one.counts);
              return (
                <tr key={one.id} className={one.id === shown ? look.shown : undefined} data-testid="filtered-line">
                  <th scope="row">
                    <button type="button" className={styles.name} aria-pressed={one.id === shown} onClick={() => onShow(one.id)}>
                      {one.address} · {one.name}
                    </button>
                    {!one.is_filtered && <span className={styles.chip}>{t("filter.watch.off")}</span>}
                  </th>
                  {figures.map((figure) => (
                    <td key={figure} className={page.figure} data-testid={figure}>{number(sums[figure])}</td>
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function OfLine({ line }: { line: FilteredLine }) {
  const { t } = useTranslation("admin");
  const observes = isObserver(useSession());
  const checks = useFilterDays(line.id).data?.checks ?? [];
  const named = useCheckName(checks);
  return (
    <>
      <section className={look.section} aria-labelledby="by-title">
        <h2 id="by-title">
          {line.address} · {line.name} · {t("filter.watch.by")}
        </h2>
        {line.counts.length === 0 ? (
          <p className={styles.hint}>{t("filter.watch.nobody")}</p>
        ) : (
          <div className={page.table} role="region" aria-label={t("filter.watch.by")} tabIndex={0}>
            <table>
              <thead>
                <tr>
                  <th scope="col">{t("filter.heads.check")}</th>
                  <th scope="col">{t("filter.heads.outcome")}</th>
                  <th scope="col" className={page.figure}>{t("filter.watch.today")}</th>
                  <th scope="col" className={page.figure}>{t("filter.watch.week")}</th>
                </tr>
              </thead>
              <tbody>
                {line.counts.map((one) => (
                  <tr key={`${one.check_id} ${one.outcome}`} data-testid="by-check" data-outcome={one.outcome}>
                    <th scope="row">{named(one.check_id)}</th>
                    <td>{t(`filter.outcomes.${one.outcome}`)}</td>
                    <td className={page.figure}>{number(one.today)}</td>
                    <td className={page.figure}>{number(one.week)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </section>
      <FilterPassages lineId={line.id} />
      {!observes && <FilterTry lineId={line.id} checks={checks.map(({ id, name }) => ({ key: id, name }))} />}
    </>
  );
}
