/** Turns messages into what the thread draws: days, the unread line, groups of one author. Pure. */
import type { Message } from "@/api/types";

export interface TimelineItem {
  message: Message;
  /** A separator with the day goes above. */
  day: string | null;
  unreadAbove: boolean;
  /** First and last of a run by one author within a short time: the name is shown once, the hour once. */
  first: boolean;
  last: boolean;
}

const GROUP_MS = 3 * 60_000;

function sameRun(a: Message | undefined, b: Message): boolean {
  return (
    a !== undefined &&
    a.kind === b.kind &&
    a.kind !== "event" &&
    a.author.kind === b.author.kind &&
    a.author.id === b.author.id &&
    Date.parse(b.at) - Date.parse(a.at) < GROUP_MS
  );
}

export function buildTimeline(messages: Message[], dayKey: (iso: string) => string, firstUnread: number | null): TimelineItem[] {
  const items: TimelineItem[] = [];
  let day = "";
  for (const message of messages) {
    const before = items.at(-1);
    const today = dayKey(message.at);
    const newDay = today !== day;
    day = today;
    const unreadAbove = message.seq === firstUnread;
    const first = newDay || unreadAbove || !sameRun(before?.message, message);
    if (!first && before) before.last = false;
    items.push({ message, day: newDay ? message.at : null, unreadAbove, first, last: true });
  }
  return items;
}

/** The first of the last `unread` incoming texts; null when the agent has seen everything. */
export function findFirstUnread(messages: Message[], unread: number): number | null {
  if (unread <= 0) return null;
  const incoming = messages.filter((message) => message.kind === "incoming");
  return incoming.at(-unread)?.seq ?? incoming[0]?.seq ?? null;
}
