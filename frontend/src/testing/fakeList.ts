import type { Row } from "@/api/types";

export { peopleRoutes } from "./fakePeople";

/** A page of a view, as GET /api/conversations gives it: filtered, in its order, with the place of the next page. */
export function listed(all: Row[], me: string | null, search: URLSearchParams): { items: Row[]; next: string | null } {
  const view = search.get("view");
  const text = (search.get("q") ?? "").toLocaleLowerCase();
  const own = (row: Row, status: Row["status"]) => row.owner_id === me && row.status === status;
  const rows = all
    .filter((row) => (view === "mine" ? own(row, "open") : view === "snoozed" ? own(row, "snoozed") : view === "queue" ? row.status === "queued" : true))
    .filter((row) => !search.has("line") || search.getAll("line").includes(row.line_id))
    .filter((row) => !search.has("tag") || search.getAll("tag").some((tag) => row.tags.includes(tag)))
    .filter((row) => search.get("failed") !== "true" || row.failed)
    .filter((row) => !search.get("status") || row.status === search.get("status"))
    .filter((row) => !text || `${row.contact.name ?? ""} ${row.contact.address}`.toLocaleLowerCase().includes(text));
  const key = (row: Row) => (view === "all" ? -Date.parse(row.last_message!.at) : Date.parse(row.waiting_since ?? "9999-01-01"));
  rows.sort((a, b) => key(a) - key(b) || Date.parse(b.last_message!.at) - Date.parse(a.last_message!.at));
  const start = Number(search.get("after") ?? 0);
  const limit = Number(search.get("limit") ?? 50);
  return { items: rows.slice(start, start + limit), next: start + limit < rows.length ? String(start + limit) : null };
}
