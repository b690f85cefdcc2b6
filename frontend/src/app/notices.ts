/**
 * Notifications of this browser, for who looks at something else. Off until somebody wants them: a browser asks its
 * question once, after a click. They name who it is about, never what was written: a lock screen is read by others.
 */
import { useSyncExternalStore } from "react";
import { isQuiet } from "./quiet";

const STORED = "palabre.notices";
const SHOWN_MS = 12_000;
const listeners = new Set<() => void>();

export type NoticesState = "on" | "off" | "refused" | "none";

/** "refused": the browser was told never to; "none": this browser has none, or not at this address. */
export function noticesState(): NoticesState {
  if (typeof Notification === "undefined" || !window.isSecureContext) return "none";
  if (Notification.permission === "denied") return "refused";
  return Notification.permission === "granted" && localStorage.getItem(STORED) === "1" ? "on" : "off";
}

function tell(): void {
  for (const listener of listeners) listener();
}

export async function switchNotices(): Promise<NoticesState> {
  if (noticesState() === "on") localStorage.removeItem(STORED);
  else {
    localStorage.setItem(STORED, "1");
    if (noticesState() === "off") await Notification.requestPermission().catch(() => undefined);
    if (noticesState() !== "on") localStorage.removeItem(STORED);
  }
  tell();
  return noticesState();
}

/** `about`: a later one of the same takes its place. `open`: what a click leads to. */
export function notice(title: string, { about, body, open }: { about: string; body?: string; open: () => void }): void {
  if (document.hasFocus() || isQuiet() || noticesState() !== "on") return;
  try {
    const shown = new Notification(title, { tag: about, body, silent: true, icon: `${import.meta.env.BASE_URL}icons/192.png` });
    shown.onclick = () => {
      window.focus();
      open();
      shown.close();
    };
    setTimeout(() => shown.close(), SHOWN_MS);
  } catch {
    // A phone allows them to workers only: everything is on the screen all the same.
  }
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};

export function useNotices(): NoticesState {
  return useSyncExternalStore(subscribe, noticesState);
}
