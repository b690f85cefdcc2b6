import { useMutation, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { ApiError, csrfToken, get, patch, post, request } from "@/api/fetch";
import { sessionKey } from "@/api/session";
import type { DemoPerson, Session } from "@/api/types";

const AUTH = "/_allauth/browser/v1/auth";

/** The people of the demonstration; an empty list anywhere else, where the address does not exist. */
export function useDemoPeople() {
  return useQuery({
    queryKey: ["demo-people"],
    queryFn: async ({ signal }) => {
      try {
        return await get<DemoPerson[]>("/api/demo/people", signal);
      } catch (failure) {
        if (failure instanceof ApiError && (failure.status === 404 || failure.status === 403)) return [];
        throw failure;
      }
    },
    retry: 1,
    staleTime: Infinity,
  });
}

export type SignInBy = { email: string; password: string } | { demo: string };

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (by: SignInBy) => {
      // The answer to this request sets the CSRF cookie, which a first visit does not have yet.
      if (!csrfToken()) await get("/api/session").catch(() => undefined);
      if ("demo" in by) await post("/api/demo/sign-in", { email: by.demo });
      else await request("POST", `${AUTH}/login`, { body: by, accept: [409] });
      return get<Session>("/api/session");
    },
    onSuccess: (session) => {
      // Not clear(): the session's own query is being watched, and its watcher must hear of the new one.
      client.removeQueries({ predicate: (query) => query.queryKey[0] !== sessionKey[0] });
      client.setQueryData(sessionKey, session);
    },
  });
}

export async function signOut(): Promise<void> {
  await request("DELETE", `${AUTH}/session`, { accept: [401] });
}

export type Preferences = Pick<Session["user"], "language" | "theme" | "density" | "single_keys">;

/** What the user sets for himself; shown at once, stored in the background. */
export function changePreferences(client: QueryClient, change: Partial<Preferences>): void {
  client.setQueryData<Session>(sessionKey, (session) => session && { ...session, user: { ...session.user, ...change } });
  patch("/api/session", change).catch(() => undefined);
}
