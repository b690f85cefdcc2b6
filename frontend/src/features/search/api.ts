import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { get, query } from "@/api/fetch";
import type { Schemas } from "@/api/types";

export type Found = Schemas["SearchView"];
export type Group = "people" | "conversations" | "texts";

const AFTER_TYPING_MS = 180;
const MOST_RECENT = 8;

/** `value` as it was when nobody had typed for a moment. */
export function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), AFTER_TYPING_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

export function useSearch(typed: string) {
  const q = typed.trim();
  return useQuery({
    queryKey: ["search", q],
    queryFn: ({ signal }) => get<Found>(`/api/search${query({ q })}`, signal),
    enabled: q !== "",
    placeholderData: keepPreviousData,
    staleTime: 10_000,
    retry: false,
  });
}

export const fetchMore = (q: string, group: Group, after: string): Promise<Found> => get<Found>(`/api/search${query({ q: q.trim(), group, after })}`);

// ---- one's own last searches: this browser's, gone with the sign-out ------------------------------------------------

const key = (me: string) => `palabre.search.${me}`;

export function recentSearches(me: string): string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(key(me)) ?? "[]");
    return Array.isArray(stored) ? stored.filter((one): one is string => typeof one === "string").slice(0, MOST_RECENT) : [];
  } catch {
    return [];
  }
}

export function rememberSearch(me: string, typed: string): void {
  const q = typed.trim();
  if (q === "") return;
  const rest = recentSearches(me).filter((one) => one !== q);
  localStorage.setItem(key(me), JSON.stringify([q, ...rest].slice(0, MOST_RECENT)));
}

export function forgetSearches(me: string): void {
  localStorage.removeItem(key(me));
}
