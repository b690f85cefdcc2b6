import { beforeEach, expect, it } from "vitest";
import { configureFormats } from "@/ui/format";
import { presets } from "./snoozePresets";

beforeEach(() => configureFormats({ language: "en", timeZone: "Africa/Porto-Novo" })); // one hour before UTC

const at = (iso: string) => Object.fromEntries(presets(Date.parse(iso)).map(({ key, at: when }) => [key, when]));

it("counts mornings and evenings by the organisation's clock", () => {
  expect(at("2026-11-24T09:30:00Z")).toEqual({
    hour: "2026-11-24T10:30:00.000Z",
    hours: "2026-11-24T12:30:00.000Z",
    evening: "2026-11-24T17:00:00.000Z",
    tomorrow: "2026-11-25T07:00:00.000Z",
    monday: "2026-11-30T07:00:00.000Z",
  });
});

it("late in the evening, tomorrow is already another day there", () => {
  expect(at("2026-11-24T23:30:00Z").tomorrow).toBe("2026-11-26T07:00:00.000Z");
});

it("offers no evening that has nearly come, and no Monday that is tomorrow", () => {
  expect(at("2026-11-24T16:30:00Z")).not.toHaveProperty("evening");
  expect(at("2026-11-22T10:00:00Z")).not.toHaveProperty("monday"); // a Sunday
  expect(at("2026-11-23T10:00:00Z").monday).toBe("2026-11-30T07:00:00.000Z"); // on a Monday, the next one
});

it("follows clocks that change in between", () => {
  configureFormats({ language: "en", timeZone: "Europe/Paris" });
  expect(at("2026-10-24T10:00:00Z").tomorrow).toBe("2026-10-25T07:00:00.000Z");
  expect(at("2026-10-23T10:00:00Z").tomorrow).toBe("2026-10-24T06:00:00.000Z");
});
