/** What waiting changes: edited with its queue, and shown beside who waits. */
import { screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { drafted, given, inOrder } from "@/features/admin/ladder";
import { SAM } from "@/testing/cast";
import { openPalabre } from "@/testing/render";

async function openQueue() {
  const opened = openPalabre("/admin/queues", { signedInAs: SAM });
  await opened.user.click(await screen.findByRole("button", { name: "Général" }));
  const form = await screen.findByRole("dialog");
  await opened.user.click(within(form).getByText("What waiting changes"));
  return { ...opened, form };
}

it("what was not changed is sent as it was stored", () => {
  const stored = [
    { after_s: 60, do: "lower_level", skill: "s", queue: null, by: 2 }, { after_s: 60, do: "add_queue", skill: null, queue: "q", by: null },
    { after_s: 90, do: "tell_position", skill: null, queue: null, by: null },
  ];
  expect(given(drafted(stored))).toEqual([{ after_s: 60, do: "lower_level", skill: "s", by: 2 }, { after_s: 60, do: "add_queue", queue: "q" }, { after_s: 90, do: "tell_position" }]);
});

it("what cannot be read is never sent as something else", () => {
  const [step] = drafted([{ after_s: 60, do: "raise_priority", by: 2 }]);
  expect(given([{ ...step!, by: "" }, { ...step!, by: "x" }, { ...step!, by: "1.5" }]).map((one) => one.by)).toEqual([0, 0, 1.5]);
  expect(given([{ ...step!, after: "" }, { ...step!, after: "soon" }]).map((one) => one.after_s)).toEqual([null, null]);
});

it("steps at one time keep their order, the others go by time", () => {
  const [a, b, c] = drafted([60, 60, 30].map((after_s) => ({ after_s, do: "tell_position", skill: null, queue: null, by: null })));
  expect(inOrder([a!, b!, c!]).map(({ key }) => key)).toEqual([2, 0, 1]);
});

it("steps are added by keyboard, stand in the order of time, and are sent as they are meant", async () => {
  const { server, user, form } = await openQueue();
  await user.click(within(form).getByTestId("ladder-add"));
  await waitFor(() => expect(within(form).getByLabelText("Step 1: seconds of waiting")).toHaveFocus());
  await user.keyboard("{Control>}a{/Control}300{Tab}");
  expect(within(form).getByLabelText("Step 1: what happens")).toHaveFocus();
  await user.click(within(form).getByTestId("ladder-add"));
  expect(within(form).getByLabelText("Step 2: seconds of waiting")).toHaveValue("360");
  await user.selectOptions(within(form).getByLabelText("Step 2: what happens"), "lower_level");
  await user.selectOptions(within(form).getByLabelText("Step 2: skill"), "Internet");
  await user.clear(within(form).getByLabelText("Step 2: seconds of waiting"));
  await user.type(within(form).getByLabelText("Step 2: seconds of waiting"), "45{Tab}");
  expect(within(form).getByLabelText("Step 1: seconds of waiting")).toHaveValue("45");
  expect(within(form).getByLabelText("Step 1: skill")).toHaveValue("skill-1");
  const words = within(form).getByRole("group", { name: "Place, while no estimate is known" });
  expect(within(words).getByLabelText("In French")).toHaveAttribute("placeholder", "Votre place : {position}.");
  await user.type(within(words).getByLabelText("In French"), "Patientez");
  await user.click(within(form).getByRole("button", { name: "Save" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(server.routing.queues[0]).toMatchObject({
    ladder: [{ after_s: 45, do: "lower_level", skill: "skill-1", by: 1 }, { after_s: 300, do: "tell_position" }], ladder_texts: { fr: { position: "Patientez" } },
  });
});

it("a loop is said at its step, which takes the focus, and nothing is lost", async () => {
  const { user, form } = await openQueue();
  for (const _ of [1, 2]) await user.click(within(form).getByTestId("ladder-add"));
  await user.selectOptions(within(form).getByLabelText("Step 2: what happens"), "add_queue");
  await user.click(within(form).getByRole("button", { name: "Save" }));
  const steps = await within(form).findAllByTestId("ladder-step");
  await waitFor(() => expect(within(steps[1]!).getByText("Overflow in a loop.")).toBeVisible());
  expect(within(form).getByLabelText("Step 2: queue")).toHaveFocus();
  await user.click(within(form).getByRole("button", { name: "Remove step 2" }));
  await user.click(within(form).getByRole("button", { name: "Save" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
});

it("the form says what subscribers are told now", async () => {
  const { form } = await openQueue();
  expect(form).toHaveTextContent("An estimate needs 20 waits within the last hour; there are 0.");
  expect(within(form).queryByText("What the subscriber reads")).toBeNull();
});

it("the desk says how somebody stands, the estimate and what he was told", async () => {
  const { server, user } = openPalabre("/");
  const waiting = [...server.conversations.values()].find(({ row }) => row.status === "queued")!;
  server.routing.wait = { position: 2, waiting: 12, p50_s: 240, p90_s: 560, samples: 40, told: [{ do: "tell_position", at: "2026-11-22T05:00:00+00:00" }] };
  await user.click((await screen.findAllByRole("tab"))[1]!);
  await user.click(await screen.findByText(waiting.row.contact.name ?? waiting.row.last_message!.preview!));
  const line = await screen.findByTestId("wait");
  expect(line).toHaveTextContent(/Place 2 of 12\. Estimated wait: .*seldom more than .* Told his place at/);
});
