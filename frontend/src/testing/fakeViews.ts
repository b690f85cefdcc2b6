/** Saved views, tags and the lines of the desk, as the server keeps them. */
import type { Row, SavedView } from "@/api/types";
import type { ViewGiven } from "@/features/conversationList/viewsApi";
import { ok, refuse, type Answer } from "./fakeServer";

export const TAGS = [
  { id: "tag-vip", name: "VIP" },
  { id: "tag-claim", name: "Litige" },
];

export class FakeViews {
  items: SavedView[] = [];
  lineIds: string[] | null = null;
  /** How often the views were asked for. */
  asked = 0;
  deed: Record<string, unknown> = {};

  constructor(private readonly rows: () => Row[]) {}

  session() {
    return { tags: TAGS, teams: [], desk: { line_ids: this.lineIds, tiles: null } };
  }

  route(method: string, path: string, body: Record<string, unknown>): Answer | null {
    if (path === "/api/desk/lines") {
      this.lineIds = body.line_ids as string[] | null;
      return ok({ line_ids: this.lineIds, tiles: null });
    }
    if (path.startsWith("/api/bulk")) return ok(this.#bulk(path, body));
    if (!path.startsWith("/api/views")) return null;
    const id = path.split("/")[3];
    if (method === "GET") this.asked += 1;
    if (method === "POST") this.items = [...this.items, this.#made(`v-${this.items.length + 1}`, body)];
    else if (id === "arrangement") this.#arrange(body as { views: string[]; pinned: string[] });
    else if (id !== undefined) {
      if (!this.items.some((one) => one.id === id)) return refuse(404, "no_view");
      this.items = method === "DELETE" ? this.items.filter((one) => one.id !== id) : this.items.map((one) => (one.id === id ? this.#made(id, body) : one));
    }
    return ok({ items: this.items.map((one) => ({ ...one, count: this.#count(one) })) });
  }

  /** Tags are given; whatever else is asked is refused to what is closed. */
  #bulk(path: string, body: Record<string, unknown>): unknown {
    if (path.endsWith("/undo")) return (this.deed = { ...this.deed, undone: true, may_undo: false });
    if (body.action === undefined) return this.deed;
    const ids = body.conversation_ids as string[];
    const some = this.rows().filter((row) => ids.includes(row.id));
    const refused = some.filter((row) => row.status === "closed").map(({ id }) => ({ id, code: "closed" }));
    this.deed = { id: body.id, action: body.action, state: "done", total: ids.length, done: ids.length, changed: ids.length - refused.length, refused, may_undo: body.action === "tag", undone: false };
    return this.deed;
  }

  #made(id: string, body: Record<string, unknown>): SavedView {
    const { name, sharing, team_id, view, order, filter, columns } = body as unknown as ViewGiven;
    const pinned = this.items.find((one) => one.id === id)?.pinned ?? false;
    return { id, name, sharing, team_id, owner: "Awa Diallo", mine: true, filter: { view, order, ...filter }, columns, missing: [], pinned, count: 0 };
  }

  #arrange({ views, pinned }: { views: string[]; pinned: string[] }): void {
    this.items = this.items.toSorted((a, b) => views.indexOf(a.id) - views.indexOf(b.id)).map((one) => ({ ...one, pinned: pinned.includes(one.id) }));
  }

  #count({ filter }: SavedView): number {
    const tags = (filter.tag as string[] | undefined) ?? [];
    return this.rows().filter((row) => row.status !== "closed" && (filter.view !== "queue" || row.status === "queued") && (tags.length === 0 || row.tags.some((one) => tags.includes(one)))).length;
  }
}
