import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, post } from "@/api/fetch";
import type { HistoryExport, HistoryPage, HistoryTotal } from "@/api/types";
import { toBody, toQuery, type Filters } from "./filters";

const historyKey = ["history"] as const;
const exportsKey = [...historyKey, "exports"] as const;

export function useHistory(filters: Filters) {
  return useInfiniteQuery({
    queryKey: [...historyKey, "pages", filters],
    queryFn: ({ pageParam, signal }) => get<HistoryPage>(`/api/history${toQuery(filters, { after: pageParam })}`, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    // What somebody reads must not move under his eyes: it is fetched when he asks.
    staleTime: Infinity,
    gcTime: 60_000,
    retry: 1,
  });
}

/** Counted apart from the pages, so that none waits for it. */
export function useTotal(filters: Filters, exact: boolean, of: number, enabled = true) {
  return useQuery({
    queryKey: [...historyKey, "total", filters, exact, of],
    queryFn: ({ signal }) => get<HistoryTotal>(`/api/history/total${toQuery(filters, { exact: exact ? "true" : null })}`, signal),
    enabled,
    staleTime: Infinity,
    gcTime: 60_000,
    retry: false,
  });
}

const EVERY_MS = 1500;

export function useExports() {
  return useQuery({
    queryKey: exportsKey,
    queryFn: ({ signal }) => get<{ items: HistoryExport[] }>("/api/history/exports", signal),
    refetchInterval: ({ state }) => (state.data?.items.some((one) => one.state === "waiting" || one.state === "running") ? EVERY_MS : false),
    placeholderData: keepPreviousData,
    retry: 1,
  });
}

export function useAskForExport(filters: Filters) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (form: "csv" | "xlsx") => post<HistoryExport>("/api/history/exports", { ...toBody(filters), form }),
    onSettled: () => client.invalidateQueries({ queryKey: exportsKey }),
  });
}
