/** Which sounds this browser makes. Each is switched by itself; all are on until somebody objects. */
import { useSyncExternalStore } from "react";
import { playOffer } from "@/features/offers/ringing";
import { play } from "@/ui/sound";

export const SOUNDS = ["offers", "texts"] as const;
export type Sound = (typeof SOUNDS)[number];

const key = (sound: Sound) => `palabre.sound.${sound}`;
const listeners = new Set<() => void>();

export const soundIsOn = (sound: Sound): boolean => localStorage.getItem(key(sound)) !== "0";

export const playText = (): boolean => play([{ pitch: 520, at: 0, length: 0.14 }], 0.1);

/** What is switched on is heard at once: whether the loudspeaker works shows now, and not with the first customer. */
export function switchSound(sound: Sound): void {
  const on = !soundIsOn(sound);
  localStorage.setItem(key(sound), on ? "1" : "0");
  if (on) (sound === "offers" ? playOffer : playText)();
  for (const listener of listeners) listener();
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export function useSoundIsOn(sound: Sound): boolean {
  return useSyncExternalStore(subscribe, () => soundIsOn(sound));
}
