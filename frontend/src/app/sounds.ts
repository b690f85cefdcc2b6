/** Which sounds this browser makes. Each is switched by itself; all are on until somebody objects, or wants quiet. */
import { useSyncExternalStore } from "react";
import { playOffer } from "@/features/offers/ringing";
import { play } from "@/ui/sound";
import { isQuiet, onQuiet } from "./quiet";

export const SOUNDS = ["offers", "texts"] as const;
export type Sound = (typeof SOUNDS)[number];

const key = (sound: Sound) => `palabre.sound.${sound}`;
const listeners = new Set<() => void>();

export const isSwitchedOn = (sound: Sound): boolean => localStorage.getItem(key(sound)) !== "0";
export const soundIsOn = (sound: Sound): boolean => isSwitchedOn(sound) && !isQuiet();

export const playText = (): boolean => play([{ pitch: 520, at: 0, length: 0.14 }], 0.1);

/** False: nothing can be heard in this browser yet, or at all. */
export const tryOut = (sound: Sound): boolean => {
  if (sound === "texts") return playText();
  return playOffer();
};

/** What is switched on is heard at once: whether the loudspeaker works shows now, and not with the first customer. */
export function switchSound(sound: Sound): void {
  const on = !isSwitchedOn(sound);
  localStorage.setItem(key(sound), on ? "1" : "0");
  if (on) tryOut(sound);
  for (const listener of listeners) listener();
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  const quiet = onQuiet(listener);
  return () => {
    listeners.delete(listener);
    quiet();
  };
};

/** Whether it is to be heard now. */
export function useSoundIsOn(sound: Sound): boolean {
  return useSyncExternalStore(subscribe, () => soundIsOn(sound));
}

/** Whether it would be, were it not quiet. */
export function useIsSwitchedOn(sound: Sound): boolean {
  return useSyncExternalStore(subscribe, () => isSwitchedOn(sound));
}
