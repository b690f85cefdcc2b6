import { renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { useIdle, useReturn } from "./idle";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const MINUTES = 60_000;

it("ten minutes without a hand are said, each minute again while nobody comes, and a key begins them anew", () => {
  const gone = vi.fn();
  renderHook(() => useIdle(600, true, gone));
  vi.advanceTimersByTime(9 * MINUTES);
  window.dispatchEvent(new KeyboardEvent("keydown", { key: "a" }));
  vi.advanceTimersByTime(9 * MINUTES);
  expect(gone).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1.5 * MINUTES);
  expect(gone).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(3 * MINUTES);
  const said = gone.mock.calls.length;
  expect(said).toBeGreaterThanOrEqual(3);
  expect(said).toBeLessThanOrEqual(5);
  window.dispatchEvent(new KeyboardEvent("keydown", { key: "a" }));
  vi.advanceTimersByTime(9 * MINUTES);
  expect(gone).toHaveBeenCalledTimes(said);
});

it("who was made available by the product is not here for that", () => {
  const gone = vi.fn();
  const watched = (enabled: boolean, here: boolean) => renderHook(() => useIdle(600, enabled, gone, here));
  const first = watched(true, true);
  vi.advanceTimersByTime(9 * MINUTES);
  first.unmount();
  watched(true, false);
  vi.advanceTimersByTime(1.5 * MINUTES);
  expect(gone).toHaveBeenCalledTimes(1);
});

it("a hand on another tab of this browser counts", () => {
  const gone = vi.fn();
  renderHook(() => useIdle(600, true, gone));
  vi.advanceTimersByTime(9 * MINUTES);
  localStorage.setItem("palabre.seen", String(Date.now()));
  vi.advanceTimersByTime(9 * MINUTES);
  expect(gone).not.toHaveBeenCalled();
});

it("nobody is watched who takes no work, nor where it is switched off", () => {
  const gone = vi.fn();
  renderHook(() => useIdle(600, false, gone));
  renderHook(() => useIdle(0, true, gone));
  vi.advanceTimersByTime(60 * MINUTES);
  expect(gone).not.toHaveBeenCalled();
});

it("a mouse that was pushed is nobody; a click is somebody", () => {
  const back = vi.fn();
  renderHook(() => useReturn(true, back));
  vi.advanceTimersByTime(5000);
  window.dispatchEvent(new Event("pointermove"));
  expect(back).not.toHaveBeenCalled();
  window.dispatchEvent(new Event("pointerdown"));
  window.dispatchEvent(new Event("pointerdown"));
  expect(back).toHaveBeenCalledTimes(1);
});
