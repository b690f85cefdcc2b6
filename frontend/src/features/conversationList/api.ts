import { useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useState } from "react";
import { get, query } from "@/api/fetch";
import { recentRows } from "@/api/detail";
import { useSession } from "@/api/session";
import type { ConversationPage } from "@/api/types";
import { parametersOf } from "./asked";
import { addPage, applyRows, fromPages, settle, type ListData, type ListFilter } from "./listState";

export { recentRows };

const PAGE = 50;
const WAITED_MS = 30_000;
/** A refetch brings back at most this many pages: what is further down loads again when it is scrolled to. */
const REFETCH_PAGES = 4;

export const bulkKey = ["bulk"] as const;
export const listsKey = ["list"] as const;
export const listKey = (filter: ListFilter) => [...listsKey, filter] as const;

const fetchPage = (filter: ListFilter, after: string | null, signal?: AbortSignal) =>
  get<ConversationPage>(
    `/api/conversations${query({ ...parametersOf(filter), view: filter.view, q: filter.text, order: filter.order, after, limit: PAGE })}`,
    signal,
  );

async function fetchList(client: QueryClient, filter: ListFilter, me: string, signal: AbortSignal): Promise<ListData> {
  const mark = recentRows.mark();
  const loaded = client.getQueryData<ListData>(listKey(filter))?.order.length ?? 0;
  const wanted = Math.min(REFETCH_PAGES, Math.max(1, Math.ceil(loaded / PAGE)));
  const pages: ConversationPage[] = [];
  let after: string | null = null;
  do {
    const page: ConversationPage = await fetchPage(filter, after, signal);
    pages.push(page);
    after = page.next;
  } while (after !== null && pages.length < wanted);
  return settle(applyRows(fromPages(pages), recentRows.since(mark), filter, me), filter);
}

/** The list of one view: rows in order, newcomers apart, and the next page on demand. */
export function useList(filter: ListFilter, held: boolean) {
  const client = useQueryClient();
  const me = useSession().user.id;
  const [loadingMore, setLoadingMore] = useState(false);
  const result = useQuery({
    queryKey: listKey(filter),
    queryFn: ({ signal }) => fetchList(client, filter, me, signal),
    staleTime: 0,
    retry: 1,
    // Nothing happens when somebody has waited long enough to belong here: only the clock knows.
    refetchInterval: filter.waiting_over === undefined ? false : WAITED_MS,
  });
  const { data } = result;

  const show = useCallback(() => {
    client.setQueryData<ListData>(listKey(filter), (now) => now && settle(now, filter));
  }, [client, filter]);

  // While nobody's hand is on the list, newcomers take their place by themselves, at most once a second.
  const calm = data !== undefined && (data.order.length === 0 || !held);
  useEffect(() => {
    if (!calm || !data) return;
    if (settle(data, filter) === data) return;
    const timer = setTimeout(show, data.arrivals.length > 0 ? 120 : 1000);
    return () => clearTimeout(timer);
  }, [calm, data, filter, show]);

  const loadMore = useCallback(async () => {
    const now = client.getQueryData<ListData>(listKey(filter));
    if (!now?.next || loadingMore) return;
    setLoadingMore(true);
    try {
      const mark = recentRows.mark();
      const page = await fetchPage(filter, now.next);
      client.setQueryData<ListData>(listKey(filter), (current) =>
        current ? applyRows(addPage(current, page), recentRows.since(mark), filter, me) : current,
      );
    } catch {
      // The connection light says it; scrolling again asks again.
    } finally {
      setLoadingMore(false);
    }
  }, [client, filter, loadingMore, me]);

  return { ...result, show, loadMore, loadingMore };
}
