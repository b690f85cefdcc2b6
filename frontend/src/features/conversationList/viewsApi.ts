/** Saved views with their counts, and the lines on one's desk. */
import { useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { get, post, put, remove as del } from "@/api/fetch";
import { sessionKey } from "@/api/session";
import type { SavedView, Session, Sharing, View } from "@/api/types";
import { ASKED, type Asked } from "./asked";

export const viewsKey = ["views"] as const;
/** "99+": the server stops counting here. */
export const COUNTED = 100;
/** After something has changed the counts are asked for once, and not again within so long. */
const SOON_MS = 300;
const AGAIN_MS = 5000;

interface Views {
  items: SavedView[];
}

export interface ViewGiven {
  name: string;
  sharing: Sharing;
  team_id: string | null;
  view: View;
  order: "waiting" | "deadline";
  filter: Partial<Asked>;
  columns: string[];
}

export function useViews() {
  return useQuery({ queryKey: viewsKey, queryFn: ({ signal }) => get<Views>("/api/views", signal), staleTime: Infinity }).data?.items;
}

let timer: ReturnType<typeof setTimeout> | null = null;
let last = 0;

/** Rows or figures have changed: so may what the views count. Nobody who shows none asks. */
export function viewsStale(client: QueryClient): void {
  if (timer !== null || client.getQueryCache().find({ queryKey: viewsKey })?.isActive() !== true) return;
  timer = setTimeout(
    () => {
      timer = null;
      last = Date.now();
      void client.invalidateQueries({ queryKey: viewsKey });
    },
    Math.max(SOON_MS, last + AGAIN_MS - Date.now()),
  );
}

/** The changes that one can make; each answers with all views as they are then. */
export function useViewDeeds() {
  const client = useQueryClient();
  const keep = useCallback((views: Views) => client.setQueryData(viewsKey, views), [client]);
  return {
    save: async (given: ViewGiven, id: string | null) => keep(id === null ? await post<Views>("/api/views", given) : await put<Views>(`/api/views/${id}`, given)),
    remove: async (id: string) => keep(await del<Views>(`/api/views/${id}`)),
    arrange: async (items: SavedView[]) =>
      keep(await put<Views>("/api/views/arrangement", { views: items.map(({ id }) => id), pinned: items.filter(({ pinned }) => pinned).map(({ id }) => id) })),
  };
}

/** What a saved view is narrowed to, as the address bar and a list have it. */
export function askedOf(view: SavedView): Asked {
  const stored = view.filter as Partial<Asked>;
  const asked: Record<string, unknown> = { line: [], status: null };
  for (const name of ASKED) if (stored[name] !== undefined) asked[name] = stored[name];
  return asked as unknown as Asked;
}

export async function chooseLines(client: QueryClient, lineIds: string[] | null): Promise<void> {
  const desk = await put<Session["desk"]>("/api/desk/lines", { line_ids: lineIds });
  client.setQueryData<Session>(sessionKey, (session) => session && { ...session, desk });
}
