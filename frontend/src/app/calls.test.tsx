import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";
import { openPalabre } from "@/testing/render";

const open = async () => {
  const palabre = openPalabre("/?view=mine");
  await screen.findAllByTestId("conversation-row");
  const mine = [...palabre.server.conversations.values()].filter(({ row }) => row.owner_id === palabre.server.me && row.status === "open");
  return { ...palabre, ids: mine.map(({ row }) => row.id) };
};

it("rings when a promise is due, with its note, and leads to the conversation", async () => {
  const { server, ids } = await open();
  server.routing.call(ids[0]!, "callback", "Avoir du 12 mars");
  const calls = await screen.findByTestId("calls");
  expect(calls).toHaveTextContent(/You promised .+ to come back at \d\d:\d\d\..*Avoir du 12 mars/);
  fireEvent.click(screen.getByTestId("call-open"));
  await waitFor(() => expect(screen.queryByTestId("calls")).toBeNull()); // it is before his eyes
  expect(await screen.findByTestId("callback-bar")).toHaveAttribute("data-due", "true");
});

it("is put off for later, and gone when the promise is kept", async () => {
  const { server, ids } = await open();
  server.routing.call(ids[0]!, "callback");
  server.routing.call(ids[1]!, "snooze");
  await waitFor(() => expect(screen.getByTestId("calls").children).toHaveLength(2));
  expect(screen.getByTestId("calls")).toHaveTextContent("the time that you set has come");
  fireEvent.click(screen.getAllByRole("button", { name: "Later" })[0]!);
  await waitFor(() => expect(screen.getByTestId("calls").children).toHaveLength(1));
  const { row } = server.conversation(ids[0]!);
  Object.assign(row, { callback_at: null, revision: row.revision + 1 });
  server.emit({ type: "conversation.read", conversation: { ...row } });
  await waitFor(() => expect(screen.queryByTestId("calls")).toBeNull());
});
