import { useMutation, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { ApiError, get, post } from "@/api/fetch";
import type { Offer } from "@/api/routing";
import type { Row } from "@/api/types";
import { serverNow, useBySecond } from "@/realtime/clock";

const offersKey = ["offers"] as const;
const NONE: Offer[] = [];

/** The one that ends first stands in front. */
const byEnd = (a: Offer, b: Offer): number => Date.parse(a.expires_at) - Date.parse(b.expires_at) || (a.id < b.id ? -1 : 1);

/** What is offered to this person now: asked for at the start, and again at each event that says that it changed. */
export function useOffers(enabled: boolean): Offer[] {
  const client = useQueryClient();
  const found = useQuery({
    queryKey: offersKey,
    queryFn: async ({ signal }) => (await get<{ items: Offer[] }>("/api/offers", signal)).items.sort(byEnd),
    staleTime: Infinity,
    // An offer lives for seconds: an answer that is lost is not waited for long.
    retry: 2,
    retryDelay: 500,
    enabled,
  });
  // Who takes no more work has no offers, and nothing is asked for him any more: what he had must not stay, nor flash up
  // when he comes back.
  useEffect(() => {
    if (!enabled) client.removeQueries({ queryKey: offersKey });
  }, [client, enabled]);
  return enabled ? (found.data ?? NONE) : NONE;
}

/** Those whose time is not over, or not for more than `lingering` seconds: the server's word of it may not get through. */
export function useAlive(offers: Offer[], lingering = 0): Offer[] {
  const since = () => serverNow() - lingering * 1000;
  const alive = useBySecond(() => offers.filter((one) => Date.parse(one.expires_at) > since()).map(({ id }) => id).join(" "));
  return useMemo(() => offers.filter(({ id }) => alive.split(" ").includes(id)), [alive, offers]);
}

/** Asks again. An answer that is still under way is older than what was just heard, and is given up. */
export function offersChanged(client: QueryClient): void {
  void client.invalidateQueries({ queryKey: offersKey }, { cancelRefetch: true });
}

/** Gone from the screen at once, whatever the next answer brings. */
function drop(client: QueryClient, id: string): void {
  client.setQueryData<Offer[]>(offersKey, (offers) => offers?.filter((one) => one.id !== id));
}

/** Refused because it was answered, ran out or was taken back meanwhile. */
export const isOver = (failure: unknown): boolean => failure instanceof ApiError && (failure.code === "offer_over" || failure.code === "no_offer");

export interface Answer {
  offer: Offer;
  /** Why not; absent: yes. */
  decline?: string;
}

export function useAnswer(onAccepted: (row: Row) => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ offer, decline }: Answer) =>
      decline === undefined ? post<Row>(`/api/offers/${offer.id}/accept`) : post<undefined>(`/api/offers/${offer.id}/decline`, { reason: decline }),
    onSuccess: (row, { offer }) => {
      drop(client, offer.id);
      if (row) onAccepted(row);
    },
    onError: (failure, { offer }) => {
      if (isOver(failure)) drop(client, offer.id);
    },
    // What else is offered may hang on what was answered: room that is taken, a state that ended.
    onSettled: () => offersChanged(client),
  });
}

export function useNext(onTaken: (row: Row) => void) {
  return useMutation({ mutationFn: (queueId: string) => post<Row>(`/api/queues/${queueId}/next`), onSuccess: onTaken });
}
