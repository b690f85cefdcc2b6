/** The arithmetic of the skills table: where a key leads, and what a digit means. No drawing. */
import { readKey } from "@/ui/keys";

export const LEVELS = [1, 2, 3, 4, 5] as const;
export const MOST_CAPACITY = 500;
/** With the keys: what would be more begins anew. */
const MOST_TYPED = 50;
const PAGE_ROWS = 10;
/** A second digit within this time is part of the same number. */
const SAME_NUMBER_MS = 1200;

/** A level from 1 to 5 of a skill; or how many conversations at once, in all or of one medium. */
export interface Column {
  id: string;
  kind: "capacity" | "medium" | "skill";
  name: string;
}

/** Where in the table: both from 0. */
export interface Place {
  row: number;
  column: number;
}

export interface Size {
  rows: number;
  columns: number;
}

const within = (value: number, count: number): number => Math.max(0, Math.min(count - 1, value));

/** Where an arrow, Home, End or a page key leads; null: the key moves nothing. */
export function movedBy(event: Pick<KeyboardEvent, "key" | "ctrlKey">, from: Place, { rows, columns }: Size): Place | null {
  const to = (row: number, column: number): Place => ({ row: within(row, rows), column: within(column, columns) });
  switch (event.key) {
    case "ArrowUp":
      return to(from.row - 1, from.column);
    case "ArrowDown":
      return to(from.row + 1, from.column);
    case "ArrowLeft":
      return to(from.row, from.column - 1);
    case "ArrowRight":
      return to(from.row, from.column + 1);
    case "Home":
      return to(event.ctrlKey ? 0 : from.row, 0);
    case "End":
      return to(event.ctrlKey ? rows - 1 : from.row, columns - 1);
    case "PageUp":
      return to(from.row - PAGE_ROWS, from.column);
    case "PageDown":
      return to(from.row + PAGE_ROWS, from.column);
    default:
      return null;
  }
}

type Press = Pick<KeyboardEvent, "key" | "code" | "shiftKey">;

/** The level that a key gives: 1 to 5, 0 for none; null: no level. "+" and "-" move it by one. */
export function levelOf(event: Press, now: number): number | null {
  const key = readKey(event);
  if (key === "delete" || key === "backspace" || key === "0") return 0;
  if (key === "+") return Math.min(5, now + 1);
  if (key === "-") return Math.max(0, now - 1);
  return /^[1-5]$/.test(key) ? Number(key) : null;
}

/** What was typed last into a capacity, so that a second digit can join the first. */
export interface Typed {
  cell: string;
  digits: string;
  at: number;
}

/**
 * The capacity that a key gives; undefined: none. `now` is null where there is no limit, which Delete brings back in a
 * cell that may be without (`optional`).
 */
export function capacityOf(
  event: Press,
  { now, cell, optional, before, at }: { now: number | null; cell: string; optional: boolean; before: Typed | null; at: number },
): { value: number | null; typed: Typed | null } | undefined {
  const key = readKey(event);
  if (key === "+") return { value: Math.min(MOST_CAPACITY, (now ?? 0) + 1), typed: null };
  if (key === "-") return { value: Math.max(0, (now ?? 0) - 1), typed: null };
  if (key === "delete" || key === "backspace") return { value: optional ? null : 0, typed: null };
  if (!/^\d$/.test(key)) return undefined;
  const goesOn = before !== null && before.cell === cell && at - before.at < SAME_NUMBER_MS;
  const joined = goesOn ? before.digits + key : key;
  // What would be too much begins anew: nobody is given 99 because he corrected a 9.
  const digits = Number(joined) > MOST_TYPED ? key : joined;
  return { value: Number(digits), typed: { cell, digits, at } };
}
