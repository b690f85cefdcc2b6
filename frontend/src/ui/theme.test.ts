// @vitest-environment node
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

const css = readFileSync(new URL("./theme.css", import.meta.url), "utf8");

function tokens(selector: string): Record<string, string> {
  const block = css.slice(css.indexOf(`${selector} {`), css.indexOf("}", css.indexOf(`${selector} {`)));
  return Object.fromEntries([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, colour]) => [name!, colour!]));
}

/** Relative luminance and contrast, as WCAG 2.2 defines them. */
function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: string, other: string): number {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

const PAIRS: [string, string[]][] = [
  ["text", ["canvas", "surface", "surface-2", "surface-3", "accent-soft", "accent-soft-2", "bubble-in", "bubble-out", "bubble-bot"]],
  ["text-2", ["canvas", "surface", "surface-2", "surface-3", "accent-soft", "bubble-in", "bubble-out", "bubble-bot", "warn-soft", "info-soft"]],
  ["text-3", ["canvas", "surface", "surface-2"]],
  ["accent", ["surface", "surface-2", "accent-soft"]],
  ["accent-text", ["accent", "accent-hover"]],
  ["ok", ["surface", "surface-2"]],
  ["warn", ["surface", "surface-2", "warn-soft"]],
  ["bad", ["surface", "surface-2", "bad-soft"]],
  ["info", ["surface", "info-soft"]],
  ["note-text", ["note"]],
];

it.each(["light", "dark"])("in the %s theme every colour of text reaches 4.5:1 on what it stands on", (theme) => {
  const colours = { ...tokens(":root"), ...(theme === "dark" ? tokens(':root[data-theme="dark"]') : {}) };
  const weak = PAIRS.flatMap(([text, grounds]) =>
    grounds.flatMap((ground) => {
      const ratio = contrast(colours[text]!, colours[ground]!);
      return ratio < 4.5 ? [`${text} on ${ground}: ${ratio.toFixed(2)}`] : [];
    }),
  );
  expect(weak).toEqual([]);
});

it("both themes name the same colours", () => {
  const dark = tokens(':root[data-theme="dark"]');
  expect(Object.keys(dark).sort()).toEqual(Object.keys(tokens(":root")).sort());
});
