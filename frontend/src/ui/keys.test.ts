import { expect, it } from "vitest";
import { readKey } from "./keys";

const press = (key: string, code: string, shiftKey = false) => readKey({ key, code, shiftKey });

it("reads the printed letter on AZERTY", () => {
  expect(press("a", "KeyQ")).toBe("a");
  expect(press("q", "KeyA")).toBe("q");
});

it("finds ? and / wherever the layout has them", () => {
  expect(press("?", "KeyM", true)).toBe("?");
  expect(press("/", "Period", true)).toBe("/");
  expect(press("!", "Slash")).toBe("/");
  expect(press("§", "Slash", true)).toBe("?");
});

it("reads the digits where AZERTY prints others", () => {
  expect(press("&", "Digit1")).toBe("1");
  expect(press("é", "Digit2")).toBe("2");
  expect(press("3", "Digit3", true)).toBe("3");
  expect(press("!", "Digit1", true)).toBe("!");
});

it("uses the place of the key where the layout prints no Latin letter", () => {
  expect(press("ه", "KeyI")).toBe("i");
  expect(press("т", "KeyN")).toBe("n");
});

it("names other keys as the browser does", () => {
  expect(press("Enter", "Enter")).toBe("enter");
  expect(press("J", "KeyJ", true)).toBe("j");
});
