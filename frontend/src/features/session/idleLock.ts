/** Nobody has touched key, mouse, wheel or screen, in any tab of this browser, for as long as the organisation allows. */
import { useEffect } from "react";
import { post } from "@/api/fetch";
import { setLocked } from "./lock";

const SHARED = "palabre.active";
const SIGNS = ["keydown", "pointerdown", "pointermove", "wheel", "touchstart"] as const;
const STEP_MS = 5000;
/** The server hears that somebody is there not oftener than this, or than a quarter of what is allowed. */
const TELL_MS = 60_000;

export function useIdleLock(): void {
  useEffect(() => {
    let limit = Infinity;
    let seen = Date.now();
    let shared = 0;
    let told = Date.now();
    let stopped = false;
    let timer: ReturnType<typeof setInterval> | null = null;

    const tell = () => {
      told = Date.now();
      return post<{ idle_s: number }>("/api/session/active").then(({ idle_s }) => {
        limit = idle_s * 1000;
      });
    };
    const note = () => {
      seen = Date.now();
      if (seen - shared < 1000) return;
      shared = seen;
      localStorage.setItem(SHARED, String(seen));
    };
    const lastSeen = () => {
      const elsewhere = Number(localStorage.getItem(SHARED));
      return Math.max(seen, elsewhere <= Date.now() ? elsewhere : 0); // a clock that was set back is nobody
    };
    const look = () => {
      const last = lastSeen();
      if (Date.now() - last >= limit) {
        // Covered first: the server may be out of reach, and locks by itself at the same moment.
        void post("/api/session/lock").catch(() => undefined);
        setLocked(true);
      } else if (last > told && Date.now() - told >= Math.min(TELL_MS, limit / 4)) void tell().catch(() => undefined);
    };
    const start = () => {
      if (stopped) return;
      timer = setInterval(look, Math.min(STEP_MS, limit / 4));
    };
    tell().then(start, start);
    for (const sign of SIGNS) window.addEventListener(sign, note, { capture: true, passive: true });
    // A laptop that wakes up has been away, whatever its timers did meanwhile.
    document.addEventListener("visibilitychange", look);
    return () => {
      stopped = true;
      if (timer !== null) clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
      for (const sign of SIGNS) window.removeEventListener(sign, note, { capture: true });
    };
  }, []);
}
