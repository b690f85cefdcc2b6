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
  /** To be repeated in the pong: only who has read the ping knows it. */
  key: string;
}

export type FromServer = Frame | Ping | { type: "counts"; counts: Counts } | { type: "reset" };

/** Each message of one socket has its number: 1, 2, 3... */
export type Numbered = FromServer & { n: number };

export type ToServer =
  | { type: "hello"; epoch: Epoch; cursor: number | null }
  | { type: "watch"; conversations: string[]; lists: View[] }
  | { type: "pong"; key: string };

/** Answer of GET /api/events. */
export type Replay =
  | { reset: true }
  | { reset?: undefined; epoch: Epoch; after: number; upto: number; head?: number; events: ServerEvent[]; rows: Row[] };
