import { expect, it } from "vitest";
import { waitLevel } from "./Waiting";

it.each([
  [0, "calm"],
  [150, "calm"],
  [151, "warn"],
  [300, "warn"],
  [301, "late"],
])("%i s of 300 is %s", (seconds, level) => {
  expect(waitLevel(seconds, 300)).toBe(level);
});
