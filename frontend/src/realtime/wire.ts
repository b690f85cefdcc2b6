import type { Counts, Row, View } from "@/api/types";
import type { ServerEvent } from "./events.gen";

export type Epoch = string | number;

export interface Frame {
  type: "frame";
  epoch: Epoch;
  after: number;
  upto: number;
  rows_upto: number;
  events: ServerEvent[];
  rows?: Row[];
  rows_overflow?: boolean;
}

export interface Ping {
  type: "ping";
  epoch: Epoch;
  upto: number;
  rows_upto: number;
  at: string;
}

export type FromServer = Frame | Ping | { type: "counts"; counts: Counts } | { type: "reset" };

export type ToServer =
  | { type: "hello"; epoch: Epoch; cursor: number | null }
  | { type: "watch"; conversations: string[]; lists: View[] }
  | { type: "pong"; upto: number };

/** Answer of GET /api/events. */
export type Replay =
  | { reset: true }
  | { reset?: undefined; epoch: Epoch; after: number; upto: number; head?: number; events: ServerEvent[]; rows: Row[] };
