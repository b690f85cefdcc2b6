/** Who oversees gives several conversations away, and reads what became of each. */
import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { KOFFI, SAM } from "@/testing/cast";
import { openPalabre } from "@/testing/render";

async function openAs(me?: string) {
  const opened = openPalabre("/?view=all", me ? { signedInAs: me } : {});
  await screen.findAllByTestId("conversation-row");
  return opened;
}

it("gives those that were chosen to an agent, and says which stay and why", async () => {
  const { server } = await openAs(SAM);
  fireEvent.click(await screen.findByTestId("reassign"));
  const dialog = await screen.findByTestId("reassign-dialog");
  fireEvent.click(screen.getByTestId("reassign-go"));
  expect(within(dialog).getByRole("alert")).toHaveTextContent("Choose conversations, and where they go.");
  const [first, second] = within(dialog).getAllByTestId("reassign-row");
  fireEvent.click(first!);
  fireEvent.click(second!);
  expect(screen.getByTestId("reassign-go")).toHaveTextContent("Reassign 2");
  fireEvent.change(screen.getByTestId("reassign-to"), { target: { value: `agent ${KOFFI}` } });
  fireEvent.click(screen.getByTestId("reassign-go"));
  const done = await screen.findByTestId("reassign-done");
  expect(done).toHaveTextContent("1 reassigned");
  expect(done).toHaveTextContent("the agent has no room");
  const [asked] = server.routing.handed as { conversation_ids: string[]; agent_id: string }[];
  expect(asked).toMatchObject({ agent_id: KOFFI });
  expect(asked!.conversation_ids).toHaveLength(2);
});

it("gives all that an agent holds to a queue", async () => {
  const { server } = await openAs(SAM);
  fireEvent.click(await screen.findByTestId("reassign"));
  fireEvent.change(await screen.findByTestId("reassign-of"), { target: { value: KOFFI } });
  expect(screen.queryAllByTestId("reassign-row")).toEqual([]);
  fireEvent.change(screen.getByTestId("reassign-to"), { target: { value: "queue queue-billing" } });
  fireEvent.click(screen.getByTestId("reassign-go"));
  await waitFor(() => expect(server.routing.handed).toEqual([{ of_agent_id: KOFFI, queue_id: "queue-billing" }]));
});

it("is not there for an agent", async () => {
  await openAs();
  expect(screen.queryByTestId("reassign")).toBeNull();
});
