/** The connection light: a store of one value, so that any screen may show it and nobody has to pass it down. */
import { useSyncExternalStore } from "react";

export type Connection =
  | { state: "live" }
  | { state: "catching-up"; behind: number | null }
  | { state: "offline"; since: number };

let current: Connection = { state: "catching-up", behind: null };
const listeners = new Set<() => void>();

export const readConnection = (): Connection => current;

export function setConnection(next: Connection): void {
  const same =
    next.state === current.state &&
    (next.state !== "catching-up" || next.behind === (current as { behind: number | null }).behind);
  // "Offline since" keeps its first moment.
  if (same) return;
  current = next;
  for (const listener of listeners) listener();
}

export function subscribeConnection(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useConnection = (): Connection => useSyncExternalStore(subscribeConnection, readConnection);
