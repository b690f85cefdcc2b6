// @vitest-environment node
import { ESLint } from "eslint";
import { expect, it } from "vitest";

const eslint = new ESLint();

async function refused(file: string, imported: string): Promise<boolean> {
  const [result] = await eslint.lintText(`import "${imported}";\n`, { filePath: file });
  return result!.messages.some(({ ruleId }) => ruleId === "no-restricted-imports");
}

async function refusedAs(source: string): Promise<(string | null)[]> {
  const [result] = await eslint.lintText(source, { filePath: "src/ui/Button.tsx" });
  return result!.messages.map(({ ruleId }) => ruleId);
}

// A rule that nobody has seen bite may be misspelt.
it.each([
  ["no-restricted-syntax", "export const A = (text: string) => <p dangerouslySetInnerHTML={{ __html: text }} />;"],
  ["no-restricted-syntax", "export const a = (e: Element, text: string) => { e.innerHTML = text; };"],
  ["no-restricted-syntax", "export const a = (e: Element, text: string) => { e.outerHTML = text; };"],
  ["no-restricted-syntax", "export const a = (e: Element, text: string) => e.insertAdjacentHTML('beforeend', text);"],
  ["no-restricted-syntax", "export const a = (text: string) => document.write(text);"],
  ["no-restricted-syntax", "export const A = () => <a href='/' target='_blank'>x</a>;"],
  ["no-restricted-syntax", "export const A = () => <a href='/' target='_blank' rel='noreferrer'>x</a>;"],
  ["no-eval", "export const a = (text: string) => eval(text) as unknown;"],
  ["no-implied-eval", "setTimeout('alert(1)', 1);"],
  ["no-new-func", "export const a = new Function('return 1');"],
  ["no-script-url", "export const a = 'javascript:alert(1)';"],
])("%s refuses %s", async (rule, source) => {
  expect(await refusedAs(`${source}\n`)).toContain(rule);
});

it("a link that opens apart and lets go of us is allowed", async () => {
  expect(await refusedAs("export const A = () => <a href='/' target='_blank' rel='noopener noreferrer nofollow'>x</a>;\n")).toEqual([]);
});

// The street is only worth something while somebody checks that the rule bites.
it.each([
  ["src/ui/Button.tsx", "@/features/contact/PersonPanel", true],
  ["src/ui/Button.tsx", "@/api/types", true],
  ["src/ui/Button.tsx", "@/app/Logo", true],
  ["src/api/fetch.ts", "@/ui/Button", true],
  ["src/api/fetch.ts", "@/realtime/clock", true],
  ["src/realtime/stream.ts", "@/features/conversation/api", true],
  ["src/realtime/stream.ts", "@/api/types", false],
  ["src/features/contact/PersonPanel.tsx", "@/features/conversation/api", true],
  ["src/features/contact/PersonPanel.tsx", "../conversation/api", true],
  ["src/features/contact/PersonPanel.tsx", "@/app/routes", true],
  ["src/features/contact/PersonPanel.tsx", "@/ui/Button", false],
  ["src/features/contact/PersonPanel.tsx", "@/testing/cast", true],
  ["src/app/TopBar.tsx", "@/features/session/api", false],
])("%s importing %s is refused: %s", async (file, imported, expected) => {
  expect(await refused(file, imported)).toBe(expected);
});
