// @vitest-environment node
import { ESLint } from "eslint";
import { expect, it } from "vitest";

const eslint = new ESLint();

async function refused(file: string, imported: string): Promise<boolean> {
  const [result] = await eslint.lintText(`import "${imported}";\n`, { filePath: file });
  return result!.messages.some(({ ruleId }) => ruleId === "no-restricted-imports");
}

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
