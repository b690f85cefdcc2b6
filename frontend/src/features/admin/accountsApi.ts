import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, post, put, query } from "@/api/fetch";
import type { AdminAccount, AdminTeam, AdminUser, SecurityRules } from "@/api/types";
import { adminKey } from "./api";

export interface UserFilter {
  q: string;
  role: string;
  team_id: string;
}
interface UserPage {
  items: AdminUser[];
  next: string | null;
}

const PAGE = 50;

export function useUsers(filter: UserFilter) {
  return useInfiniteQuery({
    queryKey: [...adminKey, "users", filter],
    queryFn: ({ pageParam, signal }) => get<UserPage>(`/api/admin/users${query({ ...filter, after: pageParam, limit: PAGE })}`, signal),
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
    retry: 1,
  });
}

/** Everybody, for a choice of names: as many as one page may hold. */
export function useEverybody() {
  return useQuery({ queryKey: [...adminKey, "users", "all"], queryFn: ({ signal }) => get<UserPage>("/api/admin/users?limit=500", signal), retry: 1 });
}

export function useTeams() {
  return useQuery({ queryKey: [...adminKey, "teams"], queryFn: ({ signal }) => get<{ items: AdminTeam[] }>("/api/admin/teams", signal), retry: 1 });
}

const accountKey = (id: string) => [...adminKey, "users", id, "security"] as const;

export function useAccount(id: string) {
  return useQuery({ queryKey: accountKey(id), queryFn: ({ signal }) => get<AdminAccount>(`/api/admin/users/${id}/security`, signal), retry: 1 });
}

/** A deed on somebody's account: "link", "sessions/end", "factors/reset", "unlock". */
export function useHelp<Answer>(id: string, deed: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: unknown) => post<Answer>(`/api/admin/users/${id}/${deed}`, body ?? {}),
    onSuccess: () => client.invalidateQueries({ queryKey: adminKey }),
  });
}

const rulesKey = [...adminKey, "security"] as const;

export function useRules() {
  return useQuery({ queryKey: rulesKey, queryFn: ({ signal }) => get<SecurityRules>("/api/admin/security", signal), retry: 1 });
}

export function useSaveRules() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (values: Partial<SecurityRules>) => put<SecurityRules>("/api/admin/security", values),
    onSuccess: (saved) => client.setQueryData(rulesKey, saved),
  });
}
