/** What the stream does to the lists. */
import type { QueryClient } from "@tanstack/react-query";
import { recentRows } from "@/api/detail";
import { setCounts } from "@/api/session";
import type { Counts, Row } from "@/api/types";
import { bulkKey, listsKey } from "./api";
import { viewsKey, viewsStale } from "./viewsApi";
import { applyRows, type ListData, type ListFilter } from "./listState";

export function rowsChanged(client: QueryClient, rows: Row[], me: string): void {
  if (rows.length === 0) return;
  viewsStale(client);
  for (const row of rows) recentRows.add(row);
  for (const [key, data] of client.getQueriesData<ListData>({ queryKey: listsKey })) {
    if (!data) continue;
    const next = applyRows(data, rows, key[1] as ListFilter, me);
    if (next !== data) client.setQueryData(key, next);
  }
}

export function countsChanged(client: QueryClient, counts: Counts): void {
  setCounts(client, counts);
  viewsStale(client);
}

/** What a worker does to many of this person's conversations has gone on. */
export function bulkProgressed(client: QueryClient): void {
  void client.invalidateQueries({ queryKey: bulkKey });
}

/** A view, a tag, a line, who is in a team: what one's views show and count. */
export function viewsChanged(client: QueryClient): void {
  void client.invalidateQueries({ queryKey: viewsKey });
}

let overflowTimer: ReturnType<typeof setTimeout> | null = null;

/** So much changed that rows were not listed one by one: fetch the heads again, spread over a second between desks. */
export function listsOverflowed(client: QueryClient): void {
  overflowTimer ??= setTimeout(
    () => {
      overflowTimer = null;
      void client.invalidateQueries({ queryKey: listsKey });
    },
    1000 + Math.random() * 1000,
  );
}
