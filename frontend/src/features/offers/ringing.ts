/** How an offer sounds: two rising tones, again every four seconds while one is there. A text sounds otherwise. */
import { play, type Note } from "@/ui/sound";

const OFFER: Note[] = [
  { pitch: 660, at: 0, length: 0.18 },
  { pitch: 880, at: 0.16, length: 0.3 },
];
const AGAIN_MS = 4000;

export const playOffer = (): boolean => play(OFFER);

/** Rings until what it gives back is called. */
export function ring(): () => void {
  playOffer();
  const timer = setInterval(playOffer, AGAIN_MS);
  return () => clearInterval(timer);
}
