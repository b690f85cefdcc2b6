import { expect, it } from "vitest";
import { deadlineLevel, waitLevel } from "./Waiting";

it.each([
  [0, "calm"],
  [150, "calm"],
  [151, "warn"],
  [300, "warn"],
  [301, "late"],
])("%i s of 300 is %s", (seconds, level) => {
  expect(waitLevel(seconds, 300)).toBe(level);
});

it.each([
  [0, "calm"],
  [499, "calm"],
  [500, "warn"],
  [999, "warn"],
  [1000, "late"],
] as const)("a target that warns at 500 and ends at 1000 stands so at %i: %s", (now, level) => {
  expect(deadlineLevel(now, 500, 1000)).toBe(level);
});
