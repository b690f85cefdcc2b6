/** Quiet: no sound and no notification of this browser, until a moment or until somebody ends it. What comes is still seen. */
import { useSyncExternalStore } from "react";

const STORED = "palabre.quiet";
/** Of 0 ms: until it is ended. */
export const STRETCHES = [
  { name: "half", ms: 30 * 60_000 },
  { name: "two", ms: 2 * 3_600_000 },
  { name: "open", ms: 0 },
] as const;

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setTimeout> | undefined;

/** The moment until which it is quiet, in milliseconds of this computer; 0 without end; null: it is not. */
export function quietUntil(): number | null {
  const stored = Number(localStorage.getItem(STORED) ?? "-1");
  if (stored === 0) return 0;
  return stored > Date.now() ? stored : null;
}

export const isQuiet = (): boolean => quietUntil() !== null;

function tell(): void {
  clearTimeout(timer);
  const until = quietUntil();
  if (until) timer = setTimeout(tell, until - Date.now() + 50);
  for (const listener of listeners) listener();
}

export function beQuiet(forMs: number): void {
  localStorage.setItem(STORED, String(forMs === 0 ? 0 : Date.now() + forMs));
  tell();
}

export function endQuiet(): void {
  localStorage.removeItem(STORED);
  tell();
}

export function onQuiet(listener: () => void): () => void {
  if (listeners.size === 0) tell();
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export function useQuiet(): number | null {
  return useSyncExternalStore(onQuiet, quietUntil);
}
