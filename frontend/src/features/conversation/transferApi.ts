import { useMutation, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { mergeRowIntoDetail } from "@/api/detail";
import { get, post, query } from "@/api/fetch";
import type { Consult, Destinations, Transfer } from "@/api/routing";
import type { Row } from "@/api/types";
import { threadKey } from "./api";

const transfersKey = ["transfers"] as const;
const NONE: Transfer[] = [];

/** What rings at a colleague and this person may take back. Asked for again at each event line about a transfer.
 * `of`: a colleague's conversation, which he oversees and whose lines he hears only while it is on screen. */
export function useTransfers(enabled: boolean, of: string | null): Transfer[] {
  const found = useQuery({
    queryKey: of === null ? transfersKey : [...transfersKey, of],
    queryFn: async ({ signal }) => (await get<{ items: Transfer[] }>(`/api/transfers${query({ conversation: of })}`, signal)).items,
    staleTime: of === null ? Infinity : 0,
    enabled,
  });
  return found.data ?? NONE;
}

export function transfersChanged(client: QueryClient): void {
  void client.invalidateQueries({ queryKey: transfersKey }, { cancelRefetch: true });
}

/** An offer to this agent is over. Whoever sent it may have looked at something else meanwhile, where its event line is
 * not heard of. */
export function offerEndedAt(client: QueryClient, agentId: string): void {
  const known = client.getQueriesData<Transfer[]>({ queryKey: transfersKey });
  if (known.some(([, transfers]) => transfers?.some(({ agent_id }) => agent_id === agentId))) transfersChanged(client);
}

/** Asked for each time the dialog opens: room and queues move. */
export function useDestinations(id: string) {
  return useQuery({
    queryKey: ["destinations", id],
    queryFn: ({ signal }) => get<Destinations>(`/api/conversations/${id}/destinations`, signal),
    gcTime: 0,
    staleTime: 0,
  });
}

export interface Handing {
  agent_id?: string;
  queue_id?: string;
  note: string;
}

/** Hands it on; null takes back what rings at a colleague. */
export function useTransfer(id: string, onRow: (row: Row) => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (to: Handing | null) => (to ? post<Row>(`/api/conversations/${id}/transfer`, to) : post<Row>(`/api/conversations/${id}/transfer/cancel`)),
    onSuccess: (row) => {
      mergeRowIntoDetail(client, row);
      onRow(row);
      void client.invalidateQueries({ queryKey: threadKey(id) });
    },
    onSettled: () => transfersChanged(client),
  });
}

const consultsKey = ["consults"] as const;
const NOBODY: Consult[] = [];

/** Whom this person asks, and who asks him. Asked for again at each event that says that it changed for him. */
export function useConsults(enabled: boolean): Consult[] {
  const found = useQuery({
    queryKey: consultsKey,
    queryFn: async ({ signal }) => (await get<{ items: Consult[] }>("/api/consults", signal)).items,
    staleTime: Infinity,
    enabled,
  });
  return found.data ?? NOBODY;
}

export function consultsChanged(client: QueryClient): void {
  void client.invalidateQueries({ queryKey: consultsKey }, { cancelRefetch: true });
}

/** Asks a colleague; null: it is over. */
export function useConsult(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (to: { agent_id: string; note: string } | null) =>
      to ? post<Row>(`/api/conversations/${id}/consult`, to) : post<Row>(`/api/conversations/${id}/consult/end`),
    onSuccess: (row) => {
      mergeRowIntoDetail(client, row);
      void client.invalidateQueries({ queryKey: threadKey(id) });
    },
    onSettled: () => consultsChanged(client),
  });
}
