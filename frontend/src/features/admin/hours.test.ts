import { describe, expect, it } from "vitest";
import { anotherOpening, minutesOf, secondsOf, spoken, tidied, toDay, toSpans, written } from "./hours";

describe("opening hours in a form", () => {
  it.each([
    [[[480, 750], [840, 1080]]],
    [[[0, 1440]]],
    [[[1320, 1560]]],
    [[]],
  ])("gives back what it was given: %j", (spans) => {
    expect(toSpans(toDay(spans))).toEqual(spans);
  });

  it("takes midnight as an end for the end of the day, ticked or not", () => {
    for (const overnight of [true, false]) expect(toSpans([{ opens: "20:00", closes: "00:00", overnight }])).toEqual([[1200, 1440]]);
  });

  it("does not turn an end before its beginning into a night by itself: that is refused in words", () => {
    expect(toSpans([{ opens: "10:00", closes: "09:00", overnight: false }])).toEqual([[600, 540]]);
  });

  it.each([["8", 480], ["08:30", 510], ["8h30", 510], ["0830", 510], ["24:00", 1440], ["25:00", null], ["8:75", null], ["", null], ["noon", null]])("reads %s", (text, minutes) => {
    expect(minutesOf(text)).toBe(minutes);
  });

  it("leaves what it cannot read to the server, which says so", () => {
    expect(tidied("noon")).toBe("noon");
    expect(tidied("8")).toBe("08:00");
    expect(toSpans([{ opens: "noon", closes: "18:00", overnight: false }])).toEqual([[-1, 1080]]);
  });

  it("says them in short", () => {
    expect(spoken([[480, 750], [1320, 1560]])).toBe("08:00–12:30, 22:00–02:00");
    expect(spoken([[0, 1440]])).toBe("00:00–24:00");
  });

  it("offers another opening after the last one", () => {
    expect(anotherOpening([])).toEqual({ opens: "08:00", closes: "18:00", overnight: false });
    expect(anotherOpening(toDay([[480, 750]]))).toEqual({ opens: "13:30", closes: "15:30", overnight: false });
  });

  it.each([
    [[[480, 1320]], "22:00", "24:00"],
    [[[480, 1400]], "23:20", "24:00"],
    [[[1320, 1560]], "19:00", "21:00"],
    [[[60, 1440]], "00:00", "01:00"],
    [[[0, 1440]], "", ""],
  ])("offers one that overlaps with none: beside %j from %s to %s", (spans, opens, closes) => {
    expect(anotherOpening(toDay(spans))).toMatchObject({ opens, closes });
  });
});

describe("targets as people write them", () => {
  it.each([
    ["", null], ["5", 300], ["5 min", 300], ["2 h", 7200], ["1h30", 5400], ["1 h 30 min", 5400], ["90 s", 90], ["1 j", 86_400], ["1 d 2 h", 93_600], ["0", 0],
  ])("reads %s", (text, seconds) => {
    expect(secondsOf(text)).toBe(seconds);
  });

  it.each(["soon", "5 x", "-5", "1,5 h"])("does not guess at %s", (text) => {
    expect(secondsOf(text)).toBeNaN();
  });

  it.each([null, 60, 90, 5400, 93_600])("reads again what it has written: %s", (seconds) => {
    expect(secondsOf(written(seconds, "d"))).toBe(seconds);
    expect(secondsOf(written(seconds, "j"))).toBe(seconds);
  });
});
