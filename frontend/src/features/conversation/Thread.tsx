import { ArrowDown } from "lucide-react";
import { Fragment, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "@/api/session";
import type { Row } from "@/api/types";
import { serverNow } from "@/realtime/clock";
import { address, dayKey, longDate } from "@/ui/format";
import { markRead, useOutbox } from "./api";
import { Bubble, PendingBubble } from "./Bubble";
import { DeliveryDialog } from "./DeliveryDialog";
import { EventLine } from "./EventLine";
import type { OutboxEntry } from "./outbox";
import type { Thread as ThreadData } from "./threadState";
import { buildTimeline, findFirstUnread } from "./timeline";
import styles from "./Thread.module.css";

interface ThreadProps {
  row: Row;
  thread: ThreadData;
  /** The message to show and to mark. */
  found: number | null;
  loadingOlder: boolean;
  onOlder: () => void;
  onEdit: (entry: OutboxEntry) => void;
}

/** Closer to the bottom than this counts as reading along. */
const NEAR_PX = 80;

export function Thread({ row, thread, found, loadingOlder, onOlder, onEdit }: ThreadProps) {
  const { t } = useTranslation("conversation");
  const me = useSession().user.id;
  const { entries, outbox } = useOutbox();
  const [detailed, setDetailed] = useState<number | null>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const [atBottom, setAtBottom] = useState(true);
  const name = row.contact.name ?? address(row.contact.address);

  // The line stays where it was when the conversation was opened, however much is read afterwards.
  const [firstUnread] = useState(() => findFirstUnread(thread.items, row.owner_id === me ? row.unread : 0));
  const timeline = useMemo(() => buildTimeline(thread.items, dayKey, firstUnread), [thread.items, firstUnread]);
  const known = useMemo(() => new Set(thread.items.map((message) => message.client_id)), [thread.items]);
  const pending = entries.filter((entry) => entry.conversationId === row.id && !known.has(entry.clientId));

  const firstSeq = thread.items[0]?.seq ?? 0;
  const lastSeq = thread.items.at(-1)?.seq ?? 0;
  const [seenSeq, setSeenSeq] = useState(lastSeq);
  const missed = thread.items.filter((message) => message.seq > seenSeq && message.kind === "incoming").length;

  const toBottom = useCallback(() => {
    const element = scroller.current;
    if (element) element.scrollTop = element.scrollHeight;
  }, []);

  // Older messages are put above without moving what the eye is on; newer ones are followed only from the bottom.
  const before = useRef({ firstSeq, height: 0, frame: 0, bottom: true });
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const was = before.current;
    if (firstSeq < was.firstSeq) element.scrollTop += element.scrollHeight - was.height;
    else if (was.bottom) element.scrollTop = element.scrollHeight;
    before.current = { ...was, firstSeq, height: element.scrollHeight };
  }, [firstSeq, lastSeq, pending.length, timeline]);

  // What a search has found is in the middle, marked, and where a reader of the screen goes on.
  const there = found !== null && thread.items.some(({ seq }) => seq === found);
  useEffect(() => {
    if (!there) return;
    const bubble = scroller.current?.querySelector<HTMLElement>(`[data-seq="${found}"]`);
    before.current.bottom = false;
    bubble?.scrollIntoView({ block: "center" });
    bubble?.focus({ preventScroll: true });
  }, [there, found]);

  // A wider window or a growing composer must not hide the last line from someone who was reading it.
  useEffect(() => {
    const element = scroller.current;
    if (!element || typeof ResizeObserver === "undefined") return;
    const observer = new ResizeObserver(() => {
      before.current.frame = element.clientHeight;
      if (before.current.bottom) element.scrollTop = element.scrollHeight;
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const onScroll = () => {
    const element = scroller.current!;
    // A scroll that comes with a change of size is the browser's, not the reader's: the observer above follows it.
    if (before.current.frame !== 0 && before.current.frame !== element.clientHeight) return;
    const bottom = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_PX;
    before.current = { ...before.current, height: element.scrollHeight, bottom };
    setAtBottom(bottom);
    if (element.scrollTop < 240 && thread.hasMore) onOlder();
  };

  // What is on screen, at the bottom, in a tab that is looked at, is read.
  const unread = row.unread > 0 && row.owner_id === me;
  useEffect(() => {
    if (!atBottom) return;
    const read = () => {
      if (document.visibilityState !== "visible" || !document.hasFocus()) return;
      setSeenSeq(lastSeq);
      if (unread && lastSeq > 0) void markRead(row.id, lastSeq);
    };
    const timer = setTimeout(read, 350);
    document.addEventListener("visibilitychange", read);
    window.addEventListener("focus", read);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", read);
      window.removeEventListener("focus", read);
    };
  }, [atBottom, lastSeq, row.id, unread]);

  const dayName = (iso: string) => {
    const day = dayKey(iso);
    if (day === dayKey(serverNow())) return t("today");
    return day === dayKey(serverNow() - 86_400_000) ? t("yesterday") : longDate(iso);
  };

  return (
    <div className={styles.wrap}>
      <div ref={scroller} className={styles.scroller} data-testid="thread" role="region" aria-label={t("messages")} tabIndex={0} onScroll={onScroll}>
        <div className={styles.content}>
          {thread.hasMore ? (
            <p className={styles.edge}>{loadingOlder ? t("older") : ""}</p>
          ) : (
            <p className={styles.edge}>{t("beginning")}</p>
          )}
          {timeline.map((item) => (
            <Fragment key={item.message.seq}>
              {item.day && (
                <div className={styles.day} role="separator">
                  <span>{dayName(item.day)}</span>
                </div>
              )}
              {item.unreadAbove && (
                <div className={styles.unreadLine} role="separator">
                  <span>{t("unreadLine")}</span>
                </div>
              )}
              {item.message.kind === "event" ? (
                <EventLine message={item.message} />
              ) : (
                <Bubble item={item} me={me} contactName={name} onDetails={setDetailed} found={item.message.seq === found} />
              )}
            </Fragment>
          ))}
          {pending.map((entry) => (
            <PendingBubble
              key={entry.clientId}
              entry={entry}
              stored={outbox.stored}
              onRetry={() => outbox.retry(entry.clientId)}
              onRemove={() => outbox.remove(entry.clientId)}
              onEdit={() => {
                outbox.remove(entry.clientId);
                onEdit(entry);
              }}
            />
          ))}
        </div>
      </div>
      {!atBottom && (
        <button type="button" className={styles.follow} onClick={toBottom} aria-label={missed ? undefined : t("toBottom")}>
          <ArrowDown size={15} aria-hidden="true" />
          {missed > 0 && t("newMessages", { count: missed })}
        </button>
      )}
      {detailed !== null && <DeliveryDialog conversationId={row.id} seq={detailed} onClose={() => setDetailed(null)} />}
    </div>
  );
}
