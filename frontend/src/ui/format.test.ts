import { beforeEach, describe, expect, it } from "vitest";
import { address, clockTime, configureFormats, dayKey, duration, fromLocal, stopwatch, toLocal } from "./format";

beforeEach(() => configureFormats({ language: "fr", timeZone: "Africa/Porto-Novo" }));

const spaced = (text: string) => text.replace(/\u00a0/g, " ");

describe("durations", () => {
  it.each([
    [0, "0 s"],
    [59, "59 s"],
    [60, "1 min"],
    [3599, "59 min"],
    [3600, "1 h 00"],
    [86_399, "23 h 59"],
    [86_400, "1 j"],
  ])("%i seconds are %s", (seconds, text) => expect(spaced(duration(seconds))).toBe(text));

  it("run as a clock", () => {
    expect(stopwatch(7)).toBe("0:07");
    expect(stopwatch(3600 + 62)).toBe("1:01:02");
  });
});

describe("moments are told in the organisation's time zone", () => {
  it("by the hour", () => expect(clockTime("2026-11-21T23:30:00Z")).toBe("00:30"));

  it("by the day", () => {
    expect(dayKey("2026-11-21T23:30:00Z")).toBe(dayKey("2026-11-22T10:00:00Z"));
    expect(dayKey("2026-11-21T22:30:00Z")).not.toBe(dayKey("2026-11-22T10:00:00Z"));
  });
});

it.each([
  ["+2290197654321", "+229 01 97 65 43 21"],
  ["+22670005828", "+226 70 00 58 28"],
  ["1919", "1919"],
  ["SAVANE", "SAVANE"],
  ["+33612345678", "+33612345678"],
])("writes %s as %s", (stored, shown) => expect(address(stored)).toBe(shown));

describe("a time in a field is the organisation's, whatever the computer's zone", () => {
  it.each([
    ["Africa/Porto-Novo", "2026-11-24T08:00", "2026-11-24T07:00:00.000Z"],
    ["Europe/Paris", "2026-03-28T12:00", "2026-03-28T11:00:00.000Z"],
    ["Europe/Paris", "2026-03-29T03:30", "2026-03-29T01:30:00.000Z"],
    ["America/New_York", "2026-11-24T23:30", "2026-11-25T04:30:00.000Z"],
  ])("in %s %s is %s", (timeZone, local, instant) => {
    configureFormats({ language: "fr", timeZone });
    expect(fromLocal(local)).toBe(instant);
    expect(toLocal(instant)).toBe(local);
  });

  it("is none while the field is not filled in", () => expect(fromLocal("")).toBeNull());
});
