import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ApiError, get, post } from "@/api/fetch";
import type { Schemas } from "@/api/types";
import { makePasskey, showPasskey } from "./webauthn";

export type Security = Schemas["SecurityShown"];
export type OwnSession = Schemas["SessionShown"];
export type Ways = Schemas["ProofWays"];

export const securityKey = ["security"] as const;

export function useSecurity() {
  return useQuery({ queryKey: securityKey, queryFn: ({ signal }) => get<Security>("/api/security", signal), retry: 1 });
}

/** How whoever is there may prove himself. Not kept: on a shared machine the next one is somebody else. */
export function useWays() {
  return useQuery({ queryKey: ["proofs"], queryFn: ({ signal }) => get<Ways>("/api/session/proofs", signal), gcTime: 0, staleTime: 0, retry: 1 });
}

/** One change of one's own account; what is shown is then fetched again. */
export function useDeed<Given, Answer>(deed: (given: Given) => Promise<Answer>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: deed, onSuccess: () => client.invalidateQueries({ queryKey: securityKey }) });
}

export type Proof = { password: string } | { code: string } | "passkey";

export async function prove(by: Proof): Promise<void> {
  if (by !== "passkey") return post<void>("/api/session/prove", by);
  const { options, offer } = await post<Schemas["Ceremony"]>("/api/session/passkey");
  await post("/api/session/prove", { credential: await showPasskey(options), offer });
}

export async function addPasskey(name: string): Promise<string[]> {
  const { options, offer } = await post<Schemas["Ceremony"]>("/api/security/passkeys/begin");
  const credential = await makePasskey(options);
  return (await post<Schemas["CodesShown"]>("/api/security/passkeys", { name, credential, offer })).recovery_codes;
}

/** Why a deed failed, in words that stand on the screen; `otherwise` where the server gave none. */
export function reasonOf(failure: Error | null, otherwise: string, unreachable: string): string {
  if (!failure) return "";
  if (!(failure instanceof ApiError)) return otherwise;
  if (failure.status === 0) return unreachable;
  return Object.values(failure.fields)[0] || failure.message || otherwise;
}
