/**
 * Whether this desk is covered. Told to every tab of this browser; the server refuses whatever the cover hides, so that
 * taking it off in the page shows nothing.
 */
import { useSyncExternalStore } from "react";

const SHARED = "palabre.lock";

let locked = false;
const listeners = new Set<() => void>();

function set(to: boolean): void {
  if (locked === to) return;
  locked = to;
  for (const listener of listeners) listener();
}

window.addEventListener("storage", ({ key, newValue }) => {
  if (key === SHARED && newValue) set(newValue.startsWith("1"));
});

/** `told`: the other tabs of this browser, which have the same session, hear of it. */
export function setLocked(to: boolean, told = true): void {
  if (told && locked !== to) localStorage.setItem(SHARED, `${to ? 1 : 0} ${Date.now()}`);
  set(to);
}

export function useLocked(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => locked,
  );
}
