import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowUp, CloudOff, Coffee, Inbox, SearchX } from "lucide-react";
import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { receivesWork, useSession } from "@/api/session";
import { Button } from "@/ui/Button";
import { Empty, Skeleton } from "@/ui/States";
import { useList } from "./api";
import { ListRow } from "./ListRow";
import { ASKED, countAsked } from "./asked";
import type { ListFilter } from "./listState";
import type { Selection } from "./selection";
import { COLUMNS } from "./viewGiven";
import styles from "./List.module.css";

/** As List.module.css draws them. */
const ROW_PX = { roomy: 60, compact: 44 } as const;

interface ListProps {
  filter: ListFilter;
  selected: string | null;
  /** Where j and k have walked to. */
  marked: string | null;
  onOpen: (id: string) => void;
  /** Tells the desk which rows are shown, in order: j and k walk along them. */
  onOrder: (ids: string[]) => void;
  draftOf: (id: string) => string | null;
  /** What of tags, owner and line the rows show; the same array as long as it is the same. */
  columns?: readonly string[];
  selection: Selection;
}

const NO_IDS: string[] = [];

export function List({ filter, selected, marked, onOpen, onOrder, draftOf, columns = COLUMNS, selection }: ListProps) {
  const { t } = useTranslation("conversationList");
  const session = useSession();
  const scroller = useRef<HTMLDivElement>(null);
  const [hovered, setHovered] = useState(false);
  const [scrolled, setScrolled] = useState(false);
  const { data, isPending, isError, refetch, show, loadMore, loadingMore } = useList(filter, hovered || scrolled || selection.choosing);
  const order = data?.order ?? NO_IDS;

  const rowPx = ROW_PX[session.user.density];
  const virtual = useVirtualizer({
    count: order.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    getItemKey: (index) => order[index]!,
    overscan: 8,
  });
  useEffect(() => virtual.measure(), [virtual, rowPx]);
  const items = virtual.getVirtualItems();
  const lastShown = items.at(-1)?.index ?? 0;

  useEffect(() => onOrder(order), [onOrder, order]);

  useEffect(() => {
    if (data?.next && lastShown >= order.length - 12) void loadMore();
  }, [data?.next, lastShown, loadMore, order.length]);

  // The row chosen by keyboard comes into view; one chosen by mouse is there already.
  const place = marked === null ? -1 : order.indexOf(marked);
  const walked = useRef<string | null>(null);
  useEffect(() => {
    if (place < 0 || walked.current === marked) return;
    walked.current = marked;
    virtual.scrollToIndex(place, { align: "auto" });
  }, [marked, place, virtual]);

  const { toggle, choosing, chosen } = selection;
  const shownOrder = useRef(order);
  useEffect(() => {
    shownOrder.current = order;
  }, [order]);
  const choose = useCallback((id: string, range: boolean) => toggle(shownOrder.current, id, range), [toggle]);

  const reveal = useCallback(() => {
    show();
    scroller.current?.scrollTo({ top: 0 });
  }, [show]);

  if (isPending) return <Skeleton rows={9} label={t("loading")} />;
  if (isError && !data)
    return (
      <Empty icon={<CloudOff size={24} />} title={t("error")} text={t("errorText")} testId="list-error">
        <Button onClick={() => void refetch()}>{t("retry")}</Button>
      </Empty>
    );
  const arrivals = data?.arrivals.length ?? 0;
  if (order.length === 0 && arrivals === 0) {
    if (filter.text !== "")
      return <Empty icon={<SearchX size={24} />} title={t("empty.search")} text={t("empty.searchText", { text: filter.text })} />;
    if (countAsked(filter, ASKED) > 0) return <Empty icon={<SearchX size={24} />} title={t("empty.filtered")} text={t("empty.filteredText")} />;
    const Icon = filter.view === "queue" ? Coffee : Inbox;
    // "Wait, they come to you" is said only to those to whom they come.
    const mine = !receivesWork(session) ? "notGiven" : session.presence.state === "available" || session.presence.state === "wrap_up" ? "mine" : "away";
    const what = filter.view === "mine" ? mine : filter.view;
    return <Empty icon={<Icon size={24} />} title={t(`empty.${what}`)} text={t(`empty.${what}Text`)} />;
  }

  return (
    <div className={styles.wrap}>
      {arrivals > 0 && (hovered || scrolled || choosing) && (
        <button type="button" className={styles.pill} onClick={reveal} data-testid="arrivals">
          <ArrowUp size={14} aria-hidden="true" />
          {t("arrivals", { count: arrivals })}
        </button>
      )}
      <div
        ref={scroller}
        className={styles.scroller}
        role="listbox"
        aria-label={t("list")}
        aria-multiselectable={choosing || undefined}
        tabIndex={0}
        aria-activedescendant={place >= 0 ? `row-${marked}` : undefined}
        onPointerEnter={(event) => setHovered(event.pointerType === "mouse")}
        onPointerLeave={() => setHovered(false)}
        onScroll={(event) => setScrolled(event.currentTarget.scrollTop > 8)}
      >
        <div className={styles.canvas} style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => {
            const row = data!.rows[order[item.index]!]!;
            return (
              <ListRow
                key={row.id}
                row={row}
                selected={row.id === selected}
                marked={row.id === marked && row.id !== selected}
                draft={row.id === selected ? null : draftOf(row.id)}
                style={{ transform: `translateY(${item.start}px)` }}
                columns={columns}
                chosen={choosing ? chosen.all || chosen.ids.has(row.id) : null}
                onOpen={onOpen}
                onChoose={choose}
              />
            );
          })}
        </div>
        {loadingMore && <p className={styles.more}>{t("loadingMore")}</p>}
      </div>
    </div>
  );
}
