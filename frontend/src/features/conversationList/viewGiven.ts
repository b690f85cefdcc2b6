import type { SavedView, Sharing } from "@/api/types";
import { ASKED, type Asked } from "./asked";
import type { ListFilter } from "./listState";
import { askedOf, type ViewGiven } from "./viewsApi";

export const COLUMNS = ["tags", "owner", "line"] as const;
export type Column = (typeof COLUMNS)[number];

/** What the server is to keep: the name and the sharing of `view`, and what `filter` shows now (null: what it held). */
export function givenOf(view: Pick<SavedView, "name" | "sharing" | "team_id" | "columns" | "filter">, filter: ListFilter | null): ViewGiven {
  const stored = view.filter as { view?: ViewGiven["view"]; order?: ViewGiven["order"] };
  const source: Asked = filter ?? askedOf(view as SavedView);
  const asked: Partial<Asked> = {};
  for (const name of ASKED) {
    const value = source[name];
    if (value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0)) Object.assign(asked, { [name]: value });
  }
  return {
    name: view.name,
    sharing: view.sharing as Sharing,
    team_id: view.team_id,
    view: filter?.view ?? stored.view ?? "all",
    order: filter ? (filter.order ?? "waiting") : (stored.order ?? "waiting"),
    filter: asked,
    columns: view.columns,
  };
}
