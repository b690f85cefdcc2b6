import { useMutation, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { ApiError, get, post, put } from "@/api/fetch";
import type { WrapUp } from "@/api/routing";
import { answeredOfMe, heardOfMe } from "@/api/session";
import type { StateChoice } from "@/api/states";
import type { Agent } from "@/api/types";

const wrapUpsKey = ["wrap-ups"] as const;
const NONE: WrapUp[] = [];

export function useSayState(onFailed: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (choice: StateChoice) => {
      const heard = heardOfMe(client);
      answeredOfMe(client, await put<Agent>("/api/presence", choice), heard);
    },
    onError: onFailed,
  });
}

/** Nobody is here, or somebody is here again. A server that cannot be reached now is told again by the next sign. */
export async function sayIdle(client: QueryClient, idle: boolean): Promise<void> {
  try {
    const heard = heardOfMe(client);
    answeredOfMe(client, await post<Agent>("/api/presence/idle", { idle }), heard);
  } catch (failure) {
    if (!(failure instanceof ApiError)) throw failure;
  }
}

/** Conversations that are closed and still being wrapped up by this person. */
export function useWrapUps(enabled: boolean): WrapUp[] {
  const found = useQuery({
    queryKey: wrapUpsKey,
    queryFn: async ({ signal }) => (await get<{ items: WrapUp[] }>("/api/wrap-ups", signal)).items,
    staleTime: Infinity,
    enabled,
  });
  return found.data ?? NONE;
}

export function wrapUpsChanged(client: QueryClient): void {
  void client.invalidateQueries({ queryKey: wrapUpsKey });
}

export function useFinish() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ one, disposition }: { one: WrapUp; disposition: string | null }) =>
      post<void>(`/api/wrap-ups/${one.conversation_id}/done`, disposition === null ? {} : { disposition_id: disposition }),
    onSettled: () => wrapUpsChanged(client),
  });
}

const FOCUS_PAUSE_MS = 400;

/**
 * Tells which conversation stands in front of this person's eyes: none while the page is hidden or another window has
 * the keyboard. Handling times are made of it, so nothing is said of those who get no conversations.
 */
export function useFocusTold(conversationId: string | null, enabled: boolean): void {
  useEffect(() => {
    if (!enabled) return;
    let told: string | null | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tell = () => {
      const seen = document.visibilityState === "visible" && document.hasFocus() ? conversationId : null;
      if (seen === told) return;
      told = seen;
      post<void>("/api/presence/focus", { conversation_id: seen }).catch(() => undefined);
    };
    // Who walks along the list with the arrows looks at none of what he passes.
    const soon = () => {
      clearTimeout(timer);
      timer = setTimeout(tell, FOCUS_PAUSE_MS);
    };
    soon();
    window.addEventListener("focus", soon);
    window.addEventListener("blur", soon);
    document.addEventListener("visibilitychange", soon);
    return () => {
      clearTimeout(timer);
      window.removeEventListener("focus", soon);
      window.removeEventListener("blur", soon);
      document.removeEventListener("visibilitychange", soon);
    };
  }, [conversationId, enabled]);
}
