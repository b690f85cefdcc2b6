import { useMutation, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useState, useSyncExternalStore } from "react";
import { mergeRowIntoDetail } from "@/api/detail";
import { get, post, query } from "@/api/fetch";
import { Recent } from "@/api/recent";
import type { Message, MessagePage, Row } from "@/api/types";
import type { ServerEvent } from "@/realtime/events.gen";
import { forgetAttached } from "./attached";
import { forgetDraftSync } from "./draftSync";
import { countUnkeptDrafts, forgetDrafts } from "./drafts";
import { Outbox, type OutboxEntry } from "./outbox";
import { applyEvent, mergeMessages, mergeNewestPage, mergeOlderPage, type Thread } from "./threadState";

export const threadsKey = ["messages"] as const;
export const threadKey = (id: string) => [...threadsKey, id] as const;

/** Events that arrived while a page of messages was being fetched. */
export const recentEvents = new Recent<ServerEvent>(500);

/** What was loaded further up is fetched again, too, as far as one request goes: its ticks may have changed unheard. */
const MOST_AGAIN = 200;

async function fetchThread(client: QueryClient, id: string, signal: AbortSignal): Promise<Thread> {
  const mark = recentEvents.mark();
  const fetchPage = (before: number | null, limit: number) =>
    get<MessagePage>(`/api/conversations/${id}/messages${query({ before, limit })}`, signal);
  const page = await fetchPage(null, 50);
  let thread = mergeNewestPage(client.getQueryData<Thread>(threadKey(id)), page);
  const above = (page.items[0]?.seq ?? 0) - (thread.items[0]?.seq ?? 0);
  if (above > 0) thread = mergeOlderPage(thread, await fetchPage(page.items[0]!.seq, Math.min(above, MOST_AGAIN)));
  for (const event of recentEvents.since(mark)) thread = applyEvent(thread, event, id);
  settleOutbox(thread.items);
  return thread;
}

export function useThread(id: string) {
  const client = useQueryClient();
  const [loadingOlder, setLoadingOlder] = useState(false);
  const result = useQuery({
    queryKey: threadKey(id),
    queryFn: ({ signal }) => fetchThread(client, id, signal),
    staleTime: 0,
    retry: 1,
  });
  const loadOlder = useCallback(async () => {
    const now = client.getQueryData<Thread>(threadKey(id));
    const first = now?.items[0]?.seq;
    if (!now?.hasMore || first === undefined || loadingOlder) return;
    setLoadingOlder(true);
    try {
      const page = await get<MessagePage>(`/api/conversations/${id}/messages${query({ before: first, limit: 50 })}`);
      client.setQueryData<Thread>(threadKey(id), (current) => current && mergeOlderPage(current, page));
    } catch {
      // The connection light says it; scrolling up again asks again.
    } finally {
      setLoadingOlder(false);
    }
  }, [client, id, loadingOlder]);
  return { ...result, loadOlder, loadingOlder };
}

/** Loads what is older until message number `seq` is there. */
export function useReach({ data, loadOlder, loadingOlder }: ReturnType<typeof useThread>, seq: number | null): void {
  const first = data?.items[0]?.seq ?? 0;
  const further = seq !== null && data?.hasMore === true && first > seq && !loadingOlder;
  useEffect(() => {
    if (further) void loadOlder();
  }, [further, first, loadOlder]);
}

// ---- the outbox: one per signed-in user --------------------------------------------------------------------------

let outbox: Outbox | null = null;
const NOTHING: readonly OutboxEntry[] = [];

export function startOutbox(client: QueryClient, userId: string): void {
  const confirmed = (entry: OutboxEntry, message: Message) =>
    client.setQueryData<Thread>(
      threadKey(entry.conversationId),
      (thread) => thread && { ...thread, items: mergeMessages(thread.items, [message]) },
    );
  outbox = new Outbox(
    `palabre.outbox.${userId}`,
    (entry) =>
      post<Message>(`/api/conversations/${entry.conversationId}/${entry.kind === "note" ? "notes" : "messages"}`, {
        client_id: entry.clientId,
        body: entry.body,
        ...(entry.attachments?.length ? { attachments: entry.attachments } : {}),
      }),
    confirmed,
  );
  outbox.flush();
}

export const flushOutbox = (): void => outbox?.flush();

export function settleOutbox(messages: Message[]): void {
  for (const { client_id } of messages) if (client_id !== null) outbox?.settle(client_id);
}

export function useOutbox(): { entries: readonly OutboxEntry[]; outbox: Outbox } {
  if (!outbox) throw new Error("useOutbox before startOutbox");
  const box = outbox;
  return { entries: useSyncExternalStore(box.subscribe, box.read), outbox: box };
}

/** How much would be lost with this browser's memory: texts that the server has not confirmed, and drafts that it has not got. */
export const countUnsent = (): number => (outbox?.read() ?? NOTHING).length + countUnkeptDrafts();

export function forgetUnsent(): void {
  outbox?.forget();
  forgetDraftSync();
  forgetDrafts();
  forgetAttached();
  recentEvents.clear();
}

// ---- what an agent does to a conversation --------------------------------------------------------------------------

/** `seen`: the newest message on the screen; a text that has come since then keeps the conversation open. */
export type Deed = { do: "take" } | { do: "reopen" } | { do: "close"; seen: number | null; disposition_id?: string } | { do: "return"; to: "queue" | "bot" } | { do: "snooze"; until: string | null; seen: number; text?: { client_id: string; body: string } } | { do: "wake" };

/** `onRow` carries the answer to the other places that show the conversation: the event may come before or after it. */
export function useDeed(id: string, onRow: (row: Row) => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ do: what, ...facts }: Deed) => post<Row>(`/api/conversations/${id}/${what}`, facts),
    onSuccess: (row) => {
      mergeRowIntoDetail(client, row);
      onRow(row);
      void client.invalidateQueries({ queryKey: threadKey(id) });
    },
  });
}

export const markRead = (id: string, seq: number): Promise<void> =>
  post<void>(`/api/conversations/${id}/read`, { seq }).catch(() => undefined);
