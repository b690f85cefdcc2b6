import { expect, it } from "vitest";
import { resources } from "./i18n";

type Tree = { [key: string]: string | Tree };

const flatten = (tree: Tree, prefix = ""): Record<string, string> =>
  Object.entries(tree).reduce<Record<string, string>>(
    (all, [key, value]) =>
      typeof value === "string" ? { ...all, [prefix + key]: value } : { ...all, ...flatten(value, `${prefix}${key}.`) },
    {},
  );

const en = flatten(resources.en as Tree);
const fr = flatten(resources.fr as Tree);
const placeholders = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name).sort();

it("French and English have the same keys", () => {
  expect(Object.keys(fr).sort()).toEqual(Object.keys(en).sort());
});

it("no text is empty, and both languages say the same variables", () => {
  for (const [key, text] of Object.entries(en)) {
    expect(text, key).not.toBe("");
    expect(fr[key], key).not.toBe("");
    expect(placeholders(fr[key]!), key).toEqual(placeholders(text));
  }
});

it("no line of French breaks before a colon, a question mark or a closing quotation mark", () => {
  expect(fr["app.user.menu"]).toBe("Mon compte\u202f: {{name}}");
  for (const [key, text] of Object.entries(fr)) expect(text, key).not.toMatch(/[ \u00a0][:;?!»]|«[ \u00a0]/);
});

it("French uses the typographic apostrophe", () => {
  for (const [key, text] of Object.entries(fr)) expect(text, key).not.toContain("'");
});
