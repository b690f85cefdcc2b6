import { expect, it } from "vitest";
import { difference } from "./difference";

const rebuilt = (before: string, after: string) => {
  const pieces = difference(before, after);
  const of = (...kinds: string[]) => pieces.filter(({ kind }) => kinds.includes(kind)).map(({ text }) => text).join("");
  return [of("same", "gone"), of("same", "new")];
};

it("shows what went and what came, and leaves the rest", () => {
  expect(difference("Venez en agence, 1 000 F.", "Venez en agence, 1 500 F.")).toEqual([
    { kind: "same", text: "Venez en agence, 1 " },
    { kind: "gone", text: "000" },
    { kind: "new", text: "500" },
    { kind: "same", text: " F." },
  ]);
});

it.each([
  ["", ""],
  ["", "neuf"],
  ["vieux", ""],
  ["a b c d", "d c b a"],
  ["un\ndeux\n\ntrois", "un\n\ndeux trois"],
  ["mot ".repeat(3000), "autre ".repeat(3000)],
])("loses nothing of %j and %j", (before, after) => {
  expect(rebuilt(before, after)).toEqual([before, after]);
});
