import { afterEach, beforeEach, expect, it, vi } from "vitest";

const started: number[] = [];

class FakeContext {
  state = "suspended";
  currentTime = 0;
  destination = {};
  resume(): Promise<void> {
    this.state = "running";
    return Promise.resolve();
  }
  createOscillator() {
    const tone = { type: "", frequency: { value: 0 }, connect: (to: unknown) => to, start: () => started.push(tone.frequency.value), stop: () => undefined };
    return tone;
  }
  createGain() {
    const gain = { setValueAtTime: () => undefined, linearRampToValueAtTime: () => undefined, exponentialRampToValueAtTime: () => undefined };
    return { gain, connect: (to: unknown) => to };
  }
}

beforeEach(() => {
  started.length = 0;
  vi.resetModules();
  vi.stubGlobal("AudioContext", FakeContext);
});
afterEach(() => void vi.unstubAllGlobals());

it("nothing sounds before the first click, and from then on it does", async () => {
  const { armByFirstUse, play } = await import("./sound");
  const stop = armByFirstUse();
  expect(play([{ pitch: 660, at: 0, length: 0.1 }])).toBe(false);
  expect(started).toEqual([]);
  window.dispatchEvent(new Event("pointerdown"));
  expect(play([{ pitch: 660, at: 0, length: 0.1 }, { pitch: 880, at: 0.1, length: 0.1 }])).toBe(true);
  expect(started).toEqual([660, 880]);
  stop();
});

it("a browser without sound is a desk without sound", async () => {
  vi.stubGlobal("AudioContext", undefined);
  const { armByFirstUse, play } = await import("./sound");
  armByFirstUse();
  window.dispatchEvent(new Event("keydown"));
  expect(play([{ pitch: 660, at: 0, length: 0.1 }])).toBe(false);
});
