import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ApiError, get } from "@/api/fetch";
import type { Schedules } from "@/api/types";
import { adminKey } from "./api";

export const schedulesKey = [...adminKey, "schedules"] as const;

/** Whether a line is open now is part of what is shown: it is asked again each minute. */
export function useSchedules() {
  return useQuery({
    queryKey: schedulesKey,
    queryFn: ({ signal }) => get<Schedules>("/api/admin/schedules", signal),
    refetchInterval: 60_000,
    retry: 1,
  });
}

/** Every change of hours is answered with all of them. */
export function useHoursDeed<T>(deed: (given: T) => Promise<Schedules>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: deed,
    onSuccess: (all) => client.setQueryData(schedulesKey, all),
  });
}

/** Which line could not send what was written, and how much it is; null: that is not what was refused. */
export function tooLongFor(failure: unknown): { line: string; parts: number; most: number } | null {
  if (!(failure instanceof ApiError) || failure.code !== "says_too_long") return null;
  const { error } = (failure.body ?? {}) as { error?: { facts?: { line?: string; parts?: number; most_parts?: number } } };
  const { line = "", parts = 0, most_parts: most = 0 } = error?.facts ?? {};
  return { line, parts, most };
}

/** The day of the week that a refusal is about; null: another. */
export function refusedDay(failure: unknown): number | null {
  if (!(failure instanceof ApiError)) return null;
  const { error } = (failure.body ?? {}) as { error?: { facts?: { weekday?: number } } };
  return error?.facts?.weekday ?? null;
}
