import { CloudOff, Download, RefreshCw, SearchX } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { ApiError } from "@/api/fetch";
import { isObserver, useSession } from "@/api/session";
import type { HistoryPage as HistoryAnswer } from "@/api/types";
import { Button } from "@/ui/Button";
import { fullTime } from "@/ui/format";
import page from "@/ui/page.module.css";
import { Empty, Skeleton } from "@/ui/States";
import { useHistory } from "./api";
import { ExportDialog } from "./ExportDialog";
import { FilterBar } from "./FilterBar";
import { isEmpty, readFilters, strayDays, toSearch, type Filters } from "./filters";
import { HistoryTable } from "./HistoryTable";
import { Total } from "./Total";
import styles from "./History.module.css";

type HistoryLinks = HistoryAnswer["links"];

/** A screenful; below it the next page is fetched unasked, but not without end. */
const ENOUGH = 25;
const UNASKED = 6;

/** Every text in and out, newest first. `tabs`: the way to the other pages of supervision. */
export default function HistoryPage({ tabs }: { tabs: ReactNode }) {
  const { t } = useTranslation("history");
  const session = useSession();
  const [search, setSearch] = useSearchParams();
  const [exporting, setExporting] = useState(false);
  const [times, setTimes] = useState(0);
  const filters = readFilters(search);
  const stray = strayDays(search);
  const found = useHistory(filters);
  const refresh = () => {
    setTimes(times + 1);
    void found.refetch();
  };
  const change = (to: Filters) => setSearch(toSearch(to), { replace: true });
  // Those of the page before stay while the next one is on its way: a choice that vanishes looks as if it were lost.
  const [links, setLinks] = useState<HistoryLinks>([]);
  const answered = found.data?.pages[0]?.links;
  if (answered && answered !== links) setLinks(answered);
  return (
    <main className={page.page} tabIndex={0} aria-label={t("title")}>
      <div className={`${page.content} ${page.wide}`}>
        <header className={page.head}>
          <h1>{t("title")}</h1>
          {tabs}
          <div className={styles.deeds}>
            <Button look="quiet" icon={<RefreshCw size={15} aria-hidden="true" />} disabled={found.isFetching} onClick={refresh}>
              {t("refresh")}
            </Button>
            {!isObserver(session) && (
              <Button icon={<Download size={15} aria-hidden="true" />} onClick={() => setExporting(true)} data-testid="export">
                {t("export.button")}
              </Button>
            )}
          </div>
        </header>
        <FilterBar filters={filters} links={links} onChange={change} />
        {stray.length > 0 && (
          <p className={styles.stray} role="status" data-testid="history-stray">
            {t("filters.stray", { days: stray.join(", ") })}
          </p>
        )}
        <Texts found={found} filters={filters} times={times} />
      </div>
      {exporting && <ExportDialog filters={filters} onClose={() => setExporting(false)} />}
    </main>
  );
}

function Texts({ found, filters, times }: { found: ReturnType<typeof useHistory>; filters: Filters; times: number }) {
  const { t } = useTranslation("history");
  const { data, error, isError, isFetching, isFetchingNextPage, hasNextPage, fetchNextPage, refetch } = found;
  const pages = data?.pages ?? [];
  const items = pages.flatMap((one) => one.items);
  const looking = hasNextPage && items.length < ENOUGH && pages.length < UNASKED;
  useEffect(() => {
    if (looking && !isFetching && !isError) void fetchNextPage();
  }, [looking, isFetching, isError, fetchNextPage]);

  if (!data)
    return isError ? (
      <Empty icon={<CloudOff size={24} />} title={t("error")} text={error instanceof ApiError && error.status === 422 ? error.message : t("errorText")}>
        <Button onClick={() => void refetch()}>{t("retry")}</Button>
      </Empty>
    ) : (
      <Skeleton rows={8} label={t("loading")} />
    );
  const searchedTo = pages.at(-1)?.searched_to ?? null;
  return (
    <>
      <Total key={JSON.stringify(filters)} filters={filters} of={times} />
      {items.length > 0 ? (
        <HistoryTable items={items} />
      ) : (
        !hasNextPage && (
          <Empty
            icon={<SearchX size={24} />}
            title={t(isEmpty(filters) ? "nothing" : "none")}
            text={t(isEmpty(filters) ? "nothingText" : "noneText")}
          />
        )
      )}
      {hasNextPage && (
        <div className={styles.more} role="status">
          {(looking || items.length === 0 || isFetchingNextPage) && searchedTo && <p>{t("searchedTo", { when: fullTime(searchedTo) })}</p>}
          {isError && <p className={styles.refused}>{t("errorText")}</p>}
          {looking && !isError ? (
            <p>{t("searching")}</p>
          ) : (
            <Button disabled={isFetchingNextPage} onClick={() => void fetchNextPage()} data-testid="history-more">
              {isFetchingNextPage ? t("searching") : t(items.length === 0 ? "further" : "more")}
            </Button>
          )}
        </div>
      )}
    </>
  );
}
