import { useMutation, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { mergeRowIntoDetail } from "@/api/detail";
import { get, post } from "@/api/fetch";
import type { Destinations, Transfer } from "@/api/routing";
import type { Row } from "@/api/types";
import { threadKey } from "./api";

const transfersKey = ["transfers"] as const;
const NONE: Transfer[] = [];

/** What this person has offered to colleagues and still owns. Asked for again at each event line about a transfer. */
export function useTransfers(enabled: boolean): Transfer[] {
  const found = useQuery({
    queryKey: transfersKey,
    queryFn: async ({ signal }) => (await get<{ items: Transfer[] }>("/api/transfers", signal)).items,
    staleTime: Infinity,
    enabled,
  });
  return found.data ?? NONE;
}

export function transfersChanged(client: QueryClient): void {
  void client.invalidateQueries({ queryKey: transfersKey }, { cancelRefetch: true });
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
