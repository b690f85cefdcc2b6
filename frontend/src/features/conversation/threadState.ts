/** What a thread holds and how news is folded into it. Pure: every rule here is tested without a screen. */
import type { Delivery, DeliveryStatus, Message, MessagePage } from "@/api/types";
import type { DeliveryProgress, ServerEvent } from "@/realtime/events.gen";

export interface Thread {
  /** Ascending by number, without holes between the first and the last. */
  items: Message[];
  /** Older messages exist on the server. */
  hasMore: boolean;
}

const RANK: Record<DeliveryStatus, number> = {
  queued: 0,
  sending: 1,
  unknown: 3, // also of a text that was sent, when the operator's receipt says that it does not know
  sent: 3,
  failed: 4,
  expired: 4,
  delivered: 4,
};

/** Forward only. Between final states the server has decided, so its newer word is taken. */
export function newerDelivery(current: Delivery | null, incoming: Delivery | null): Delivery | null {
  if (current === null || incoming === null) return incoming ?? current;
  return RANK[incoming.status] >= RANK[current.status] ? incoming : current;
}

function newerMessage(current: Message, incoming: Message): Message {
  return { ...incoming, delivery: newerDelivery(current.delivery, incoming.delivery) };
}

export function mergeMessages(current: Message[], incoming: Message[]): Message[] {
  if (incoming.length === 0) return current;
  const bySeq = new Map(current.map((message) => [message.seq, message]));
  for (const message of incoming) {
    const known = bySeq.get(message.seq);
    bySeq.set(message.seq, known ? newerMessage(known, message) : message);
  }
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}

/** The newest page, on top of what is already here; what is here is dropped when the two do not touch. */
export function mergeNewestPage(current: Thread | undefined, page: MessagePage): Thread {
  const first = page.items[0]?.seq;
  const last = current?.items.at(-1)?.seq;
  if (!current || first === undefined || last === undefined || last < first - 1)
    return { items: page.items, hasMore: page.has_more };
  const older = current.items[0]!.seq < first;
  return { items: mergeMessages(current.items, page.items), hasMore: older ? current.hasMore : page.has_more };
}

export function mergeOlderPage(current: Thread, page: MessagePage): Thread {
  return { items: mergeMessages(current.items, page.items), hasMore: page.has_more };
}

export function progressDeliveries(thread: Thread, news: DeliveryProgress[]): Thread {
  const bySeq = new Map(news.map((one) => [one.seq, one]));
  let changed = false;
  const items = thread.items.map((message) => {
    const step = bySeq.get(message.seq);
    if (!step || message.delivery === null) return message;
    const delivery = newerDelivery(message.delivery, { ...message.delivery, status: step.status, error: step.error });
    if (delivery === message.delivery) return message;
    changed = true;
    return { ...message, delivery };
  });
  return changed ? { ...thread, items } : thread;
}

/** The thread with one event applied; the same object when the event says nothing about it. */
export function applyEvent(thread: Thread, event: ServerEvent, conversationId: string): Thread {
  if (event.type === "deliveries.progressed") {
    const mine = event.deliveries.filter((one) => one.conversation_id === conversationId);
    return mine.length === 0 ? thread : progressDeliveries(thread, mine);
  }
  if (!("conversation" in event) || event.conversation?.id !== conversationId) return thread;
  const message = "message" in event ? event.message : undefined;
  return message ? { ...thread, items: mergeMessages(thread.items, [message]) } : thread;
}

/** True when a number is missing between two messages, or behind the last: the thread must ask the server. */
export function hasHole(thread: Thread, lastSeq: number): boolean {
  const { items } = thread;
  if (items.length === 0) return lastSeq > 0;
  for (let index = 1; index < items.length; index += 1) {
    if (items[index]!.seq !== items[index - 1]!.seq + 1) return true;
  }
  return items.at(-1)!.seq < lastSeq;
}
