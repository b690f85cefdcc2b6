/**
 * Where this browser stands in the organisation's stream of events, and what a frame means for it.
 *
 * Two numbers, because rows of lists are conflated (at most four times a second) and so run behind the events:
 *   at    everything up to here has been applied, as far as events of watched conversations go;
 *   rows  every list row is at least as new as this.
 * A gap is filled from the lower of the two. What is applied twice does no harm: rows merge by revision, messages by
 * number, delivery status by rank.
 */
import type { Epoch, Frame, Ping } from "./wire";

export interface Cursor {
  epoch: Epoch;
  at: number;
  rows: number;
}

export type Verdict = "apply" | "gap" | "reset";

export function judge(cursor: Cursor, frame: Pick<Frame, "epoch" | "after">): Verdict {
  if (frame.epoch !== cursor.epoch) return "reset";
  // A frame that starts before our cursor overlaps what a gap fill brought: no hole. One that starts after it has a hole.
  return frame.after > cursor.at ? "gap" : "apply";
}

export function advance(cursor: Cursor, to: { upto: number; rows_upto: number }): Cursor {
  const at = Math.max(cursor.at, to.upto);
  const rows = Math.max(cursor.rows, to.rows_upto);
  return at === cursor.at && rows === cursor.rows ? cursor : { ...cursor, at, rows };
}

/**
 * A ping names events that this browser may not see, so it moves the cursor too; but only on a socket that is known to
 * be continuous with the cursor. The first word of a fresh socket proves nothing about what happened before it.
 */
export function judgePing(cursor: Cursor, ping: Pick<Ping, "epoch" | "upto">, continuous: boolean): Verdict {
  if (ping.epoch !== cursor.epoch) return "reset";
  return continuous || ping.upto <= cursor.at ? "apply" : "gap";
}

export const safePoint = (cursor: Cursor): number => Math.min(cursor.at, cursor.rows);
