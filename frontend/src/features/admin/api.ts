import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, patch, post } from "@/api/fetch";
import type { AdminAgent, AdminQueue, Disposition, Reason, Skill, LadderTexts } from "@/api/routing";
import type { AdminLine, AdminLink, AuditItem, Health } from "@/api/types";

export type Kind = "users" | "teams" | "lines" | "links" | "queues" | "skills" | "reasons" | "dispositions" | "lookups" | "lookup-sources";

export interface Tables {
  lines: { items: AdminLine[]; bots: string[]; engines: ("embedded" | "rasa")[] };
  links: { items: AdminLink[]; adapters: string[] };
  audit: { items: AuditItem[] };
  health: Health;
  queues: { items: AdminQueue[]; teams: { id: string; name: string }[]; usual_texts: LadderTexts };
  skills: { items: Skill[] };
  reasons: { items: Reason[] };
  dispositions: { items: Disposition[] };
  agents: { items: AdminAgent[]; media: string[] };
}

export const adminKey = ["admin"] as const;

export function useTable<K extends keyof Tables>(kind: K) {
  return useQuery({
    queryKey: [...adminKey, kind],
    queryFn: ({ signal }) => get<Tables[K]>(`/api/admin/${kind}${kind === "audit" ? "?limit=200" : ""}`, signal),
    // How links, queues and the installation are now is part of their tables.
    refetchInterval: kind === "links" || kind === "health" || kind === "queues" ? 5000 : false,
    retry: 1,
  });
}

export function useSave(kind: Kind) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, values }: { id: string | null; values: Record<string, unknown> }) =>
      id === null ? post(`/api/admin/${kind}`, values) : patch(`/api/admin/${kind}/${id}`, values),
    onSuccess: () => client.invalidateQueries({ queryKey: adminKey }),
  });
}
