import { expect, it } from "vitest";
import { moved, newCheck, ofKind, refusalOf, toSent } from "./filterDraft";

it("moves one item and leaves the others in their order", () => {
  expect(moved(["a", "b", "c"], 2, 0)).toEqual(["c", "a", "b"]);
  expect(moved(["a", "b", "c"], 0, 2)).toEqual(["b", "c", "a"]);
  expect(moved(["a", "b"], 0, 5)).toEqual(["a", "b"]);
});

it("sends words one by one, and nothing of the form's own", () => {
  const check = { ...ofKind(newCheck(), "keyword"), words: " solde ,, mon compte" };
  const [sent] = toSent({ revision: "0", is_enabled: true, way: check.way, checks: [check] }).checks;
  expect(sent!.words).toEqual(["solde", "mon compte"]);
  expect(sent).not.toHaveProperty("key");
});

it("forgets what another kind of check asked about", () => {
  const check = { ...newCheck(), thing_id: "list", value: "x" };
  expect(ofKind(check, "hours")).toMatchObject({ thing_id: null, value: "open" });
});

it("finds the refusal of one check and not of its neighbour", () => {
  const fields = { "checks.12.value": "Not valid." };
  expect(refusalOf(fields, "checks.12")).toBe("Not valid.");
  expect(refusalOf(fields, "checks.1")).toBeNull();
});
