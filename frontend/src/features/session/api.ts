import { useMutation, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { ApiError, csrfToken, get, patch, post, request } from "@/api/fetch";
import { sessionKey } from "@/api/session";
import type { DemoPerson, Session } from "@/api/types";
import { setLocked } from "./lock";
import { showPasskey } from "./webauthn";

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
/** What comes after the password for whoever has a second factor: by which kinds it may be shown. */
export type Factor = "totp" | "recovery_codes" | "webauthn";
type Signed = { session: Session | null } | { factors: Factor[] };

interface AuthAnswer {
  data?: { flows?: { id: string; is_pending?: boolean; types?: Factor[] }[] };
}

/** `null`: signed in, and something must be set up before the desk opens. */
async function fetchSession(): Promise<Session | null> {
  try {
    return await get<Session>("/api/session");
  } catch (failure) {
    if (failure instanceof ApiError && failure.code === "factor_due") return null;
    throw failure;
  }
}

/** Whoever comes in finds nothing of who was here before. */
function enter(client: QueryClient, session: Session | null): void {
  // Not clear(): the session's own query is being watched, and its watcher must hear of the new one.
  client.removeQueries({ predicate: (query) => query.queryKey[0] !== sessionKey[0] });
  setLocked(false);
  if (session) client.setQueryData(sessionKey, session);
  else void client.resetQueries({ queryKey: sessionKey });
}

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (by: SignInBy): Promise<Signed> => {
      // The answer to this request sets the CSRF cookie, which a first visit does not have yet.
      if (!csrfToken()) await get("/api/session").catch(() => undefined);
      if ("demo" in by) await post("/api/demo/sign-in", { email: by.demo });
      else {
        const answer = await request<AuthAnswer>("POST", `${AUTH}/login`, { body: by, accept: [401, 409] });
        const pending = answer.data?.flows?.find(({ id, is_pending }) => id === "mfa_authenticate" && is_pending);
        if (pending) return { factors: pending.types ?? ["totp"] };
      }
      return { session: await fetchSession() };
    },
    onSuccess: (signed) => {
      if ("session" in signed) enter(client, signed.session);
    },
  });
}

/** The second step: a code, or what a passkey has signed. */
export function useSecondStep() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (by: { code: string } | "passkey") => {
      if (by === "passkey") {
        const { data } = await get<{ data: { request_options: Record<string, unknown> } }>(`${AUTH}/webauthn/authenticate`);
        const credential = await showPasskey(data.request_options);
        await request("POST", `${AUTH}/webauthn/authenticate`, { body: { credential } });
      } else await request("POST", `${AUTH}/2fa/authenticate`, { body: by });
      return fetchSession();
    },
    onSuccess: (session) => enter(client, session),
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
