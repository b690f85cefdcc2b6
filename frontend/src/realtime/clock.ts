/** The server's clock, as far as this browser can know it. Every timer on screen uses it, never the PC's own. */
import { useSyncExternalStore } from "react";

let offsetMs = 0;

/**
 * The stamp was written before it travelled, so the true offset is at least this one: the largest seen in a short
 * while is the best. A jump of more than two seconds means that one of the clocks was set.
 */
export function noteServerTime(iso: string, now = Date.now()): void {
  const seen = Date.parse(iso) - now;
  if (Number.isNaN(seen)) return;
  if (Math.abs(seen - offsetMs) > 2000 || seen > offsetMs) offsetMs = seen;
}

export const serverNow = (): number => Date.now() + offsetMs;

const listeners = new Set<() => void>();
let ticking: ReturnType<typeof setInterval> | null = null;
let tick = Math.floor(Date.now() / 1000);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  // One interval for the whole page, and none while no timer is on screen.
  ticking ??= setInterval(() => {
    tick = Math.floor(serverNow() / 1000);
    for (const one of listeners) one();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0 && ticking !== null) {
      clearInterval(ticking);
      ticking = null;
    }
  };
}

const readTick = () => tick;

/** What `read` gives now; renders the caller in the second in which it gives something else. Only plain values. */
export function useBySecond<T extends string | number | boolean>(read: () => T): T {
  return useSyncExternalStore(subscribe, read);
}

/** Seconds of the server's clock; renders the caller once a second. */
export function useServerSecond(): number {
  useSyncExternalStore(subscribe, readTick);
  return Math.floor(serverNow() / 1000);
}

/** Whole seconds since `iso`, never negative. */
export function useSecondsSince(iso: string): number {
  return Math.max(0, useServerSecond() - Math.floor(Date.parse(iso) / 1000));
}

/** Whole seconds until `iso`, the last one whole, too; never negative. Renders the caller once a second. */
export function useSecondsUntil(iso: string): number {
  useServerSecond();
  return secondsUntil(iso);
}

export const secondsUntil = (iso: string): number => Math.max(0, Math.ceil((Date.parse(iso) - serverNow()) / 1000));
