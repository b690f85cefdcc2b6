/** What the stream does to the lists. */
import type { QueryClient } from "@tanstack/react-query";
import { countsKey } from "@/api/session";
import type { Counts, Row } from "@/api/types";
import { listsKey, recentRows } from "./api";
import { applyRows, type ListData, type ListFilter } from "./listState";

export function rowsChanged(client: QueryClient, rows: Row[], me: string): void {
  if (rows.length === 0) return;
  for (const row of rows) recentRows.add(row);
  for (const [key, data] of client.getQueriesData<ListData>({ queryKey: listsKey })) {
    if (!data) continue;
    const next = applyRows(data, rows, key[1] as ListFilter, me);
    if (next !== data) client.setQueryData(key, next);
  }
}

export function countsChanged(client: QueryClient, counts: Counts): void {
  client.setQueryData(countsKey, counts);
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
