import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, expect, it } from "vitest";
import { SAM } from "@/testing/cast";
import { forgetRules, rules } from "@/testing/fakeRules";
import { openPalabre } from "@/testing/render";

beforeEach(forgetRules);

const open = () => openPalabre("/admin/rules", { signedInAs: SAM });
const cards = () => screen.getAllByTestId("rule");

it("moves rules by the keyboard, keeps the focus on the button, and saves them in their order", async () => {
  const { user } = open();
  await user.click(await screen.findByTestId("add-rule"));
  await user.click(screen.getByTestId("add-rule"));
  await user.click(within(cards()[0]!).getByRole("checkbox", { name: "balance" }));
  await user.selectOptions(within(cards()[1]!).getByLabelText("The subscriber, or the text"), "time");
  await user.click(within(cards()[1]!).getByRole("checkbox", { name: "Wednesday" }));
  const up = within(cards()[1]!).getByRole("button", { name: "Move rule 2 up" });
  up.focus();
  await user.keyboard("{Enter}");
  expect(within(cards()[0]!).getByLabelText("From")).toHaveValue("08:00");
  await waitFor(() => expect(cards()[0]!.contains(document.activeElement)).toBe(true));
  expect(screen.getByText("Moved to place 1")).toBeInTheDocument();
  await user.click(screen.getByTestId("rules-on"));
  await user.click(screen.getByTestId("save-rules"));
  await waitFor(() => expect(Object.values(rules)).toHaveLength(1));
  const [stored] = Object.values(rules);
  expect(stored!.is_enabled).toBe(true);
  expect(stored!.rules.map((rule) => rule.conditions.map(({ kind, words, value }) => [kind, words, value]))).toEqual([
    [["time", ["3"], "08:00-18:00"]], [["intent", ["balance"], ""]],
  ]);
  await waitFor(() => expect(screen.getByTestId("save-rules")).toBeDisabled());
});

it("marks the rule that the server refuses, in its own words", async () => {
  const { user } = open();
  await user.click(await screen.findByTestId("add-rule"));
  await user.click(screen.getByTestId("save-rules"));
  await waitFor(() => expect(screen.getByTestId("rule")).toHaveAttribute("data-refused", "true"));
  expect(screen.getByTestId("rule")).toHaveTextContent("From 1 to 60 names.");
});

it("says that a colleague has changed the rules meanwhile, and shows his", async () => {
  const { user } = open();
  await user.click(await screen.findByTestId("add-rule"));
  await user.click(screen.getByRole("checkbox", { name: "balance" }));
  const line = screen.getByTestId<HTMLSelectElement>("rules-line").value;
  rules[line] = { line_id: line, is_enabled: true, revision: 4, bot: { intents: [], entities: [] }, rules: [] };
  await user.click(screen.getByTestId("save-rules"));
  expect(await screen.findByText(/Somebody has changed this/)).toBeVisible();
  expect(rules[line].rules).toEqual([]);
  await user.click(screen.getByTestId("reload-rules"));
  await waitFor(() => expect(screen.queryByTestId("rule")).toBeNull());
  expect(screen.getByTestId("rules-on")).toBeChecked();
  await user.click(screen.getByTestId("rules-on"));
  await user.click(screen.getByTestId("save-rules"));
  await waitFor(() => expect(rules[line]!.revision).toBe(5));
});

it("tries a text on what the screen shows, rule by rule", async () => {
  const { user } = open();
  await user.click(await screen.findByTestId("add-rule"));
  await user.click(screen.getByTestId("add-rule"));
  await user.click(within(cards()[0]!).getByRole("checkbox", { name: "balance" }));
  await user.click(within(cards()[1]!).getByRole("checkbox", { name: "bill_dispute" }));
  await user.type(screen.getByTestId("try-number"), "0197000001");
  await user.type(screen.getByTestId("try-text"), "bill_dispute");
  await user.click(screen.getByTestId("try"));
  const tried = await screen.findByTestId("tried");
  expect(within(tried).getAllByTestId("traced").map((one) => one.dataset.verdict)).toEqual(["failed", "taken"]);
  expect(tried).toHaveTextContent(/was understood as balance : does not hold \(saw: bill_dispute\)/);
  expect(tried).toHaveTextContent("by rule 2");
  expect(tried).toHaveTextContent("bill_dispute (91 %)");
});
