import { AlarmClock, Search, X } from "lucide-react";
import { useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { isObserver, useCounts, useSession } from "@/api/session";
import type { Counts, View } from "@/api/types";
import { number } from "@/ui/format";
import { FilterBar } from "./FilterBar";
import type { ListFilter } from "./listState";
import styles from "./List.module.css";

const VIEWS: View[] = ["mine", "snoozed", "queue", "all"];
const OBSERVED: View[] = ["queue", "all"];
const TYPING_PAUSE_MS = 220;

interface ListHeadProps {
  /** Beside the search: the desk's button that folds the column. */
  beside: ReactNode;
  filter: ListFilter;
  onFilter: (change: Partial<ListFilter>) => void;
  /** The saved view that is open, and how another is opened. */
  opened: string | null;
  onView: (id: string) => void;
}

/** Of the lines that stand on the desk; what is one's own counts whatever its line. */
function totals(counts: Counts | undefined, shown: readonly string[] | null): Partial<Record<View, number>> {
  if (!counts) return {};
  const own = { mine: counts.mine.open, snoozed: counts.mine.snoozed };
  if (shown === null) return { ...own, queue: counts.queue.waiting, all: counts.all.open + counts.all.bot + counts.all.queued };
  const sum = (of: "waiting" | "live") => shown.reduce((total, line) => total + (counts.by_line[line]?.[of] ?? 0), 0);
  return { ...own, queue: sum("waiting"), all: sum("live") };
}

export function ListHead({ beside, filter, onFilter, opened, onView }: ListHeadProps) {
  const { t } = useTranslation("conversationList");
  const session = useSession();
  // Names and numbers do not reach an observer, and no conversation is his.
  const counts = useCounts();
  // The sleeping ones have a place while there are any.
  const own = VIEWS.filter((view) => view !== "snoozed" || filter.view === "snoozed" || (counts?.mine.snoozed ?? 0) > 0);
  const views = isObserver(session) ? OBSERVED : own;
  const total = totals(counts, session.desk.line_ids);

  const walk = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = views[(views.indexOf(filter.view) + step + views.length) % views.length]!;
    onFilter({ view: next, status: null });
    event.currentTarget.querySelector<HTMLElement>(`[data-view=${next}]`)?.focus();
  };

  return (
    <div className={styles.head}>
      <div className={styles.top}>
        {!isObserver(session) && <SearchField value={filter.text} onChange={(text) => onFilter({ text })} />}
        {beside}
      </div>
      <div className={styles.tabs} role="tablist" aria-label={t("list")} onKeyDown={walk}>
        {views.map((view) => (
          <button
            key={view}
            type="button"
            role="tab"
            aria-selected={filter.view === view}
            tabIndex={filter.view === view ? 0 : -1}
            className={styles.tab}
            data-testid={`tab-${view}`}
            data-view={view}
            title={view === "snoozed" ? t(view) : undefined}
            onClick={() => onFilter({ view, status: null })}
          >
            {/* A fourth word finds no room in the column. */}
            {view === "snoozed" ? <AlarmClock size={15} aria-label={t(view)} /> : t(view)}
            {total[view] !== undefined && <span className={styles.count}>{number(total[view]!)}</span>}
          </button>
        ))}
      </div>
      <FilterBar
        filter={filter}
        onFilter={onFilter}
        opened={opened}
        onView={onView}
        order={
          (filter.view === "mine" || filter.view === "queue") && (
            <label>
              <span className="visually-hidden">{t("order")}</span>
              <select value={filter.order ?? ""} onChange={(event) => onFilter({ order: event.target.value === "deadline" ? "deadline" : undefined })} data-testid="list-order">
                <option value="">{t("orders.waiting")}</option>
                <option value="deadline">{t("orders.deadline")}</option>
              </select>
            </label>
          )
        }
      />
    </div>
  );
}

/** Asks the server when the typing pauses, and at once on Enter. */
function SearchField({ value, onChange }: { value: string; onChange: (text: string) => void }) {
  const { t } = useTranslation("conversationList");
  const [text, setText] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  useEffect(() => () => clearTimeout(timer.current ?? undefined), []);

  const commit = (next: string, delay: number) => {
    setText(next);
    clearTimeout(timer.current ?? undefined);
    timer.current = setTimeout(() => onChange(next.trim()), delay);
  };

  return (
    <div className={styles.search} role="search">
      <Search size={15} className={styles.glass} aria-hidden="true" />
      <input
        id="search"
        type="text"
        inputMode="search"
        autoComplete="off"
        aria-label={t("search")}
        placeholder={t("searchShort")}
        value={text}
        onChange={(event) => commit(event.target.value, TYPING_PAUSE_MS)}
        onKeyDown={(event) => {
          if (event.key === "Enter") commit(text, 0);
          if (event.key === "Escape") {
            commit("", 0);
            event.currentTarget.blur();
          }
        }}
      />
      {text !== "" && (
        <button type="button" className={styles.clear} aria-label={t("clearSearch")} onClick={() => commit("", 0)}>
          <X size={15} />
        </button>
      )}
    </div>
  );
}
