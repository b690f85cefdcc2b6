/**
 * One list of conversations as the screen holds it. Rows keep their place until `settle` is called, so that nothing
 * jumps under the mouse; newcomers wait in `arrivals` behind the "3 new" pill.
 */
import { newerRow } from "@/api/detail";
import type { Row, View } from "@/api/types";
import { serverNow } from "@/realtime/clock";
import type { Asked } from "./asked";

export interface ListFilter extends Asked {
  view: View;
  text: string;
  /** Of mine and queue: what will be missed next first; absent: who has waited longest. */
  order?: "deadline";
  /** The lines that the agent has on the desk; absent: all. What is his own is shown whatever its line. */
  shown?: readonly string[];
  /** What `medium` and `team` stand for now: the server is asked by those, a row that arrives is judged by these. */
  mediumLines?: readonly string[];
  members?: readonly string[];
}

export interface ListData {
  rows: Record<string, Row>;
  /** Ids in the order shown. */
  order: string[];
  /** Ids that belong here and are not shown yet. */
  arrivals: string[];
  /** Where the next page starts; null when everything is loaded. */
  next: string | null;
  /** The last row of the last page as the server gave it: what comes after it will come with the next page. */
  edge: Row | null;
}

/** Each test says no where the filter asks for something that the row has not; as inbox/filters.py narrows. */
const TESTS: ((row: Row, filter: ListFilter) => boolean)[] = [
  (row, { line }) => line.length === 0 || line.includes(row.line_id),
  (row, { status }) => status === null || row.status === status,
  (row, { mediumLines }) => mediumLines === undefined || mediumLines.includes(row.line_id),
  (row, { tag }) => !tag?.length || row.tags.some((one) => tag.includes(one)),
  (row, { queue }) => !queue || row.queue_id === queue,
  (row, { agent }) => !agent || row.owner_id === agent,
  (row, { members }) => members === undefined || (row.owner_id !== null && members.includes(row.owner_id)),
  (row, { language }) => !language || row.contact.language === language,
  (row, { waiting_over }) => waiting_over === undefined || (row.waiting_since !== null && serverNow() - Date.parse(row.waiting_since) >= waiting_over * 1000),
  (row, { since }) => !since || activity(row) >= Date.parse(since),
  (row, { until }) => !until || activity(row) < Date.parse(until),
  (row, { unread }) => !unread || row.unread > 0,
  (row, { failed }) => !failed || row.failed,
  (row, { priority }) => priority === undefined || row.priority >= priority,
  (row, { view, shown }) => shown === undefined || view === "mine" || view === "snoozed" || shown.includes(row.line_id),
];

export function belongs(row: Row, filter: ListFilter, me: string): boolean {
  if (!TESTS.every((test) => test(row, filter))) return false;
  switch (filter.view) {
    case "mine":
      return row.owner_id === me && row.status === "open";
    case "snoozed":
      return row.owner_id === me && row.status === "snoozed";
    case "queue":
      return row.status === "queued";
    case "all":
      return true;
  }
}

/** Over, and nobody but us has written in it: the server lists it where it is searched or what is closed is wanted. */
const isNotice = (row: Row): boolean => row.status === "closed" && row.last_seq <= 2 && row.last_message?.kind === "outgoing";

/** What is shown beside a row's own columns raises no revision: of two rows of one, the later is the newer. */
const sameBeside = (one: Row, other: Row): boolean =>
  one.failed === other.failed && one.vip === other.vip && one.tags.length === other.tags.length && one.tags.every((tag) => other.tags.includes(tag));

const activity = (row: Row): number => Date.parse(row.last_message?.at ?? row.opened_at);

/** Mine and Queue: longest waiting or next deadline first, nobody waiting last. Snoozed: the next to wake first. All:
 * latest activity first. */
export function compareRows({ view, order }: Pick<ListFilter, "view" | "order">): (a: Row, b: Row) => number {
  const first = (row: Row) => (view === "snoozed" ? (row.snooze?.until ?? null) : order === "deadline" ? (row.deadline?.at ?? null) : row.waiting_since);
  return (a, b) => {
    const [one, other] = [first(a), first(b)];
    if (view !== "all" && one !== other) {
      if (one === null) return 1;
      if (other === null) return -1;
      const wait = Date.parse(one) - Date.parse(other);
      if (wait !== 0) return wait;
    }
    return activity(b) - activity(a) || (a.id < b.id ? 1 : -1);
  };
}

export function fromPages(pages: { items: Row[]; next: string | null }[]): ListData {
  const data: ListData = { rows: {}, order: [], arrivals: [], next: pages.at(-1)?.next ?? null, edge: pages.at(-1)?.items.at(-1) ?? null };
  for (const { items } of pages) {
    for (const row of items) {
      if (!(row.id in data.rows)) data.order.push(row.id);
      data.rows[row.id] = newerRow(data.rows[row.id], row);
    }
  }
  return data;
}

export function addPage(data: ListData, page: { items: Row[]; next: string | null }): ListData {
  const rows = { ...data.rows };
  const shown = new Set(data.order);
  const order = [...data.order];
  for (const row of page.items) {
    rows[row.id] = newerRow(rows[row.id], row);
    if (!shown.has(row.id)) order.push(row.id);
  }
  const placed = new Set(order);
  const arrivals = data.arrivals.filter((id) => !placed.has(id));
  return { rows, order, arrivals, next: page.next, edge: page.items.at(-1) ?? data.edge };
}

export function applyRows(data: ListData, incoming: Row[], filter: ListFilter, me: string): ListData {
  let { rows, order, arrivals } = data;
  let changed = false;
  const compare = compareRows(filter);
  for (const row of incoming) {
    const known = rows[row.id];
    if (known && (known.revision > row.revision || (known.revision === row.revision && sameBeside(known, row)))) continue;
    if (belongs(row, filter, me)) {
      if (!known) {
        // A search's result is a question asked once: it does not grow by itself.
        if (filter.text !== "") continue;
        if (filter.status === null && isNotice(row)) continue;
        // Not the last row shown: it may have moved up since, and what stood before it would be left out.
        if (data.next !== null && data.edge !== null && compare(data.edge, row) < 0) continue;
        arrivals = [...arrivals, row.id];
      }
      rows = { ...rows, [row.id]: row };
      changed = true;
    } else if (known) {
      rows = { ...rows };
      delete rows[row.id];
      order = order.filter((id) => id !== row.id);
      arrivals = arrivals.filter((id) => id !== row.id);
      changed = true;
    }
  }
  return changed ? { ...data, rows, order, arrivals } : data;
}

/** Shows the newcomers and puts every row in its place. */
export function settle(data: ListData, filter: ListFilter): ListData {
  const compare = compareRows(filter);
  const ids = [...data.order, ...data.arrivals];
  // A search keeps the server's order: it ranks by relevance.
  const order =
    filter.text === "" ? ids.toSorted((a, b) => compare(data.rows[a]!, data.rows[b]!)) : ids;
  const same = order.length === data.order.length && order.every((id, index) => id === data.order[index]);
  return same && data.arrivals.length === 0 ? data : { ...data, order, arrivals: [] };
}
