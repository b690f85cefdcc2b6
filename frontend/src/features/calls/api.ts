import { useQuery, type QueryClient } from "@tanstack/react-query";
import { get } from "@/api/fetch";
import type { Narrow, Row } from "@/api/types";

export type Call = Narrow<"CallView", { conversation: Row }>;

const callsKey = ["calls"] as const;
const NONE: Call[] = [];

/** What of this person's has come due: asked for at the start, and at each event that calls him. */
export function useCalls(enabled: boolean): Call[] {
  const found = useQuery({
    queryKey: callsKey,
    queryFn: async ({ signal }) => (await get<{ items: Call[] }>("/api/calls", signal)).items,
    staleTime: Infinity,
    retry: 2,
    enabled,
  });
  return found.data ?? NONE;
}

export function callsChanged(client: QueryClient): void {
  void client.invalidateQueries({ queryKey: callsKey }, { cancelRefetch: true });
}

/** Answered, kept, closed or somebody else's: it calls no more. */
const isOver = (call: Call, row: Row, me: string): boolean =>
  row.owner_id !== me || row.status !== "open" || (call.why === "callback" ? row.callback_at === null : row.waiting_since === null);

export function callsFollow(client: QueryClient, rows: Row[], me: string): void {
  const calls = client.getQueryData<Call[]>(callsKey);
  if (!calls || calls.length === 0) return;
  const newest = new Map(rows.map((row) => [row.id, row]));
  const left = calls.filter((call) => {
    const row = newest.get(call.conversation.id);
    return !row || row.revision <= call.conversation.revision || !isOver(call, row, me);
  });
  if (left.length !== calls.length) client.setQueryData(callsKey, left);
}
