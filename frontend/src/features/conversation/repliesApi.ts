/** Canned replies of a conversation's line, one's own, what waits for its time, and colleagues' drafts. */
import { useMutation, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { get, patch, post, put, remove } from "@/api/fetch";
import type { Schemas } from "@/api/types";

export type RepliesHere = Schemas["RepliesHere"];
export type ReplyGiven = Schemas["OwnReplyGiven"];
export type Scheduled = Schemas["ScheduledView"];
export type OwnReply = Schemas["CannedView"];

const repliesKey = ["replies"] as const;
const scheduledKey = ["scheduled"] as const;

/** `wanted`: somebody is about to look at them. */
export function useReplies(conversationId: string, wanted: boolean) {
  return useQuery({
    queryKey: [...repliesKey, conversationId],
    queryFn: ({ signal }) => get<RepliesHere>(`/api/conversations/${conversationId}/replies`, signal),
    enabled: wanted,
    staleTime: 30_000,
    retry: 1,
  });
}

export function useOwnReplies() {
  return useQuery({ queryKey: [...repliesKey, "own"], queryFn: ({ signal }) => get<{ items: OwnReply[] }>("/api/replies/own", signal), retry: 1 });
}

/** Nobody waits for it: how often it was used only sorts the list. */
export const countUse = (replyId: string): Promise<void> => post<void>("/api/replies/used", { reply_id: replyId }).catch(() => undefined);

/** id null: a new one. `given` null: it is removed. */
export function useSaveOwn(onDone: (made: OwnReply | null) => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ id, given }: { id: string | null; given: ReplyGiven | null }) => {
      if (given === null) {
        await remove<void>(`/api/replies/own/${id}`);
        return null;
      }
      return id === null ? post<OwnReply>("/api/replies/own", given) : put<OwnReply>(`/api/replies/own/${id}`, given);
    },
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: repliesKey });
      onDone(made);
    },
  });
}

export const repliesChanged = (client: QueryClient): void => void client.invalidateQueries({ queryKey: repliesKey });

// ---- what leaves later ---------------------------------------------------------------------------------------------

export function useScheduled(conversationId: string, enabled: boolean) {
  return useQuery({
    queryKey: [...scheduledKey, conversationId],
    queryFn: ({ signal }) => get<{ items: Scheduled[] }>(`/api/conversations/${conversationId}/scheduled`, signal),
    enabled,
    retry: 1,
  });
}

export interface Planned {
  body: string;
  at: string;
  unless_answered: boolean;
  seen: number;
}

/** id null: a new one, under `clientId`. `given` null: it is given up, or put away. */
export function usePlan(conversationId: string, onDone: (given: Planned | null) => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ id, clientId, given }: { id: string | null; clientId?: string; given: Planned | null }) => {
      if (given === null) await remove<void>(`/api/scheduled/${id}`);
      else if (id === null) await post<Scheduled>(`/api/conversations/${conversationId}/scheduled`, { client_id: clientId, ...given });
      else await patch<Scheduled>(`/api/scheduled/${id}`, given);
      return given;
    },
    onSuccess: (given) => {
      scheduledChanged(client, conversationId);
      onDone(given);
    },
  });
}

export const scheduledChanged = (client: QueryClient, conversationId: string): void =>
  void client.invalidateQueries({ queryKey: [...scheduledKey, conversationId] });

// ---- what colleagues were writing ----------------------------------------------------------------------------------

export function useLeftDrafts(conversationId: string, enabled: boolean) {
  return useQuery({
    queryKey: ["leftDrafts", conversationId],
    queryFn: ({ signal }) => get<Schemas["DraftsHere"]>(`/api/conversations/${conversationId}/draft`, signal),
    enabled,
    retry: false,
    staleTime: 60_000,
  });
}
