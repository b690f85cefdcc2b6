/**
 * Whether anybody is at this desk. A key, a click, a wheel or a touch counts, in any tab of this browser; a pointer that
 * lies still, and a page that only listens, do not.
 */
import { useEffect, useRef } from "react";

const SHARED = "palabre.seen";
/** Tabs tell each other not oftener than this, and each looks at the clock as often. */
const STEP_MS = 5000;
const AGAIN_MS = 3000;
const SAY_AGAIN_MS = 60_000;
const DEEDS = ["keydown", "pointerdown", "wheel", "touchstart"] as const;
const SIGNS = [...DEEDS, "pointermove"] as const;

const now = () => Date.now();

let seen = now();
let told = 0;

function note(): void {
  seen = now();
  if (seen - told < STEP_MS) return;
  told = seen;
  localStorage.setItem(SHARED, String(seen));
}

/** When somebody was last here, in this tab or another. */
function lastSeen(): number {
  const elsewhere = Number(localStorage.getItem(SHARED));
  // A clock that was set back is not a person from the future.
  return Math.max(seen, elsewhere <= now() ? elsewhere : 0);
}

/**
 * Calls `gone` once nobody has been here for `limit` seconds, and each minute again while that lasts: a server that did
 * not hear it would keep giving work to an empty chair. 0: never. `here`: he himself has said what is watched now.
 */
export function useIdle(limit: number, enabled: boolean, gone: () => void, here = true): void {
  const latest = useRef(gone);
  const byHimself = useRef(here);
  useEffect(() => {
    latest.current = gone;
    byHimself.current = here;
  });
  useEffect(() => {
    if (!enabled || limit <= 0) return;
    // Whoever has just said that he is available is here; who was made it (a wrap-up ran out) need not be.
    if (byHimself.current) note();
    let said = -Infinity;
    const look = () => {
      const away = now() - lastSeen() >= limit * 1000;
      if (!away) said = -Infinity;
      else if (now() - said >= SAY_AGAIN_MS) {
        said = now();
        latest.current();
      }
    };
    for (const sign of SIGNS) window.addEventListener(sign, note, { capture: true, passive: true });
    const timer = setInterval(look, Math.min(STEP_MS, limit * 250));
    // A laptop that wakes up has been away, whatever its timers did meanwhile.
    document.addEventListener("visibilitychange", look);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
      for (const sign of SIGNS) window.removeEventListener(sign, note, { capture: true });
    };
  }, [enabled, limit]);
}

/** Calls `back` when somebody who was gone presses a key, clicks or scrolls: a mouse that was only pushed is nobody. */
export function useReturn(enabled: boolean, back: () => void): void {
  const latest = useRef(back);
  useEffect(() => {
    latest.current = back;
  });
  useEffect(() => {
    if (!enabled) return;
    let said = 0;
    const here = () => {
      // Once is enough; a server that did not hear it is told again by the next key.
      if (now() - said < AGAIN_MS) return;
      said = now();
      latest.current();
    };
    for (const sign of DEEDS) window.addEventListener(sign, here, { capture: true, passive: true });
    return () => {
      for (const sign of DEEDS) window.removeEventListener(sign, here, { capture: true });
    };
  }, [enabled]);
}
