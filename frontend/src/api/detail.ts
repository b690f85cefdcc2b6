import { useQuery, type QueryClient } from "@tanstack/react-query";
import { get } from "./fetch";
import { Recent } from "./recent";
import type { ConversationDetail, Row } from "./types";

/** Rows that the stream brought while a list or a conversation was being fetched. */
export const recentRows = new Recent<Row>(2000);

/** One conversation with its person: shared by the thread's header and the person panel. */
export const detailKey = (id: string) => ["conversation", id] as const;

async function fetchDetail(id: string, signal: AbortSignal): Promise<ConversationDetail> {
  const mark = recentRows.mark();
  const detail = await get<ConversationDetail>(`/api/conversations/${id}`, signal);
  const newer = recentRows.since(mark).filter((row) => row.id === id);
  return { ...detail, conversation: newer.reduce<Row>(newerRow, detail.conversation) };
}

export function useDetail(id: string | null) {
  return useQuery({
    queryKey: detailKey(id ?? "none"),
    queryFn: ({ signal }) => fetchDetail(id!, signal),
    enabled: id !== null,
    staleTime: 30_000,
  });
}

/** A lower revision never replaces a higher one. */
export function newerRow(current: Row | undefined, incoming: Row): Row {
  return current !== undefined && current.revision > incoming.revision ? current : incoming;
}

export function mergeRowIntoDetail(client: QueryClient, row: Row): void {
  client.setQueryData<ConversationDetail>(detailKey(row.id), (detail) => {
    if (!detail) return detail;
    const conversation = newerRow(detail.conversation, row);
    return conversation === detail.conversation ? detail : { ...detail, conversation };
  });
}
