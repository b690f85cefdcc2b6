/**
 * Short tones made here, so that no file is fetched. A browser plays nothing before somebody has clicked or pressed a
 * key: the first time that happens anywhere on the page arms them.
 */
export interface Note {
  /** Hz. */
  pitch: number;
  /** Seconds after the first. */
  at: number;
  /** Seconds. */
  length: number;
}

let context: AudioContext | null = null;

function arm(): void {
  if (typeof AudioContext === "undefined") return;
  try {
    context ??= new AudioContext();
    void context.resume().catch(() => undefined);
  } catch {
    // No sound card, or none allowed: everything that sounds is also seen.
  }
}

/** Waits for the first click or key. Gives back what ends the waiting. */
export function armByFirstUse(target: Window = window): () => void {
  const first = () => {
    stop();
    arm();
  };
  const stop = () => {
    target.removeEventListener("pointerdown", first, true);
    target.removeEventListener("keydown", first, true);
  };
  target.addEventListener("pointerdown", first, true);
  target.addEventListener("keydown", first, true);
  return stop;
}

/** False: nothing was to be heard, because nothing has been clicked yet or there is no sound here. */
export function play(notes: readonly Note[], volume = 0.18): boolean {
  if (!context || context.state !== "running") return false;
  const start = context.currentTime + 0.02;
  for (const { pitch, at, length } of notes) {
    const tone = context.createOscillator();
    const loudness = context.createGain();
    tone.type = "sine";
    tone.frequency.value = pitch;
    // Without a rise and a fall each tone would begin and end with a click.
    loudness.gain.setValueAtTime(0, start + at);
    loudness.gain.linearRampToValueAtTime(volume, start + at + 0.015);
    loudness.gain.exponentialRampToValueAtTime(0.001, start + at + length);
    tone.connect(loudness).connect(context.destination);
    tone.start(start + at);
    tone.stop(start + at + length + 0.02);
  }
  return true;
}
