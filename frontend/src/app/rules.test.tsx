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
  rules[line] = { line_id: line, is_enabled: true, revision: 4, bot: { intents: [], entities: [], skills: [] }, rules: [] };
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

it("a rule gets a ladder of its own from that of its queue, edited as a queue's, and goes back to the queue's", async () => {
  const { server, user } = open();
  server.routing.queues[0]!.ladder = [{ after_s: 90, do: "tell_position", skill: null, queue: null, by: null }];
  await user.click(await screen.findByTestId("add-rule"));
  await user.click(screen.getByRole("checkbox", { name: "balance" }));
  const card = cards()[0]!;
  expect(card).toHaveTextContent("While he waits, the ladder of the queue holds.");
  await user.click(within(card).getByTestId("rule-own-ladder"));
  expect(within(card).getByLabelText("Step 1: seconds of waiting")).toHaveValue("90");
  await user.click(within(card).getByTestId("ladder-add"));
  await waitFor(() => expect(within(card).getByLabelText("Step 2: seconds of waiting")).toHaveFocus());
  await user.selectOptions(within(card).getByLabelText("Step 2: what happens"), "give_to_bot");
  await user.click(screen.getByTestId("save-rules"));
  await waitFor(() => expect(Object.values(rules)).toHaveLength(1));
  const [stored] = Object.values(rules);
  expect(stored!.rules[0]!.ladder).toEqual([{ after_s: 90, do: "tell_position" }, { after_s: 150, do: "give_to_bot" }]);
  await waitFor(() => expect(screen.getByTestId("save-rules")).toBeDisabled());
  await user.click(within(cards()[0]!).getByRole("button", { name: "Remove step 2" }));
  await user.click(within(cards()[0]!).getByRole("button", { name: "Remove step 1" }));
  expect(cards()[0]).toHaveTextContent("Without a step nothing changes while he waits");
  await user.click(within(cards()[0]!).getByTestId("rule-own-ladder"));
  await user.click(screen.getByTestId("save-rules"));
  await waitFor(() => expect(Object.values(rules)[0]!.rules[0]!.ladder).toBeNull());
});

it("what is refused in a rule's ladder is said at its step, and not twice", async () => {
  const { server, user } = open();
  server.routing.queues[1]!.is_enabled = false;
  await user.click(await screen.findByTestId("add-rule"));
  await user.click(screen.getByRole("checkbox", { name: "balance" }));
  const line = screen.getByTestId<HTMLSelectElement>("rules-line").value;
  await user.click(screen.getByTestId("save-rules"));
  await waitFor(() => expect(rules[line]?.revision).toBe(1));
  rules[line]!.rules[0]!.ladder = [{ after_s: 60, do: "add_queue", queue: "queue-billing" }];
  rules[line]!.revision = 2;
  await user.click(within(cards()[0]!).getByTestId("rule-own-ladder"));
  await user.click(screen.getByTestId("save-rules"));
  await user.click(await screen.findByTestId("reload-rules"));
  const step = await screen.findByTestId("ladder-step");
  expect(step).toHaveTextContent("This queue is out of use: nothing overflows into it.");
  await user.clear(within(step).getByLabelText("Step 1: seconds of waiting"));
  await user.type(within(step).getByLabelText("Step 1: seconds of waiting"), "45{Tab}");
  await user.click(screen.getByTestId("save-rules"));
  await waitFor(() => expect(within(screen.getByTestId("ladder-step")).getByText("This queue is out of use.")).toBeVisible());
  expect(within(screen.getByTestId("ladder-step")).getByLabelText("Step 1: queue")).toHaveAttribute("aria-invalid", "true");
  expect(screen.getByTestId("rule")).toHaveAttribute("data-refused", "true");
  expect(within(cards()[0]!).getAllByText("This queue is out of use.")).toHaveLength(1);
});

it("says what the front filter does first", async () => {
  const { user } = open();
  await screen.findByTestId("add-rule");
  const say = async (number: string) => {
    await user.clear(screen.getByTestId("try-number"));
    await user.type(screen.getByTestId("try-number"), number);
    await user.click(screen.getByTestId("try"));
  };
  await say("0197000666");
  expect(await screen.findByTestId("filtered-first")).toHaveTextContent("check 2 of the front filter sends this subscriber away with an answer");
  expect(screen.getByTestId("tried")).toHaveTextContent("Were he let in: It waits in");
  await say("0197000777");
  await waitFor(() => expect(screen.getByTestId("filtered-first")).toHaveTextContent("has this subscriber wait in Général, whatever the rules say."));
  expect(screen.getByTestId("tried")).not.toHaveTextContent("no rule decides");
});
