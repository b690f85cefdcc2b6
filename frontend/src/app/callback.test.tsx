import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { openPalabre } from "@/testing/render";

const open = async () => {
  const palabre = openPalabre("/?view=mine");
  const [row] = await screen.findAllByTestId("conversation-row");
  fireEvent.click(row!);
  await screen.findByTestId("callback");
  return palabre;
};

it("promises a callback at a time of the organisation, shows it, and is kept with one button", async () => {
  const { server } = await open();
  fireEvent.click(screen.getByTestId("callback"));
  const dialog = await screen.findByRole("dialog");
  fireEvent.change(within(dialog).getByLabelText(/When \(Africa\/Porto-Novo\)/), { target: { value: "2099-11-24T08:00" } });
  fireEvent.click(screen.getByTestId("callback-save"));
  const bar = await screen.findByTestId("callback-bar");
  expect(bar).toHaveTextContent("Callback promised for 24 November 2099");
  expect(bar).toHaveAttribute("data-due", "false");
  expect([...server.conversations.values()].map(({ row }) => row.callback_at)).toContain("2099-11-24T07:00:00.000Z");
  fireEvent.click(screen.getByTestId("callback-kept"));
  await waitFor(() => expect(screen.queryByTestId("callback-bar")).toBeNull());
});

it("says in words, icon and colour that a promise is due", async () => {
  const { server, client } = await open();
  for (const { row } of server.conversations.values()) Object.assign(row, { callback_at: new Date(Date.now() - 60_000).toISOString(), revision: row.revision + 1 });
  await client.invalidateQueries();
  const bar = await screen.findByTestId("callback-bar");
  expect(bar).toHaveAttribute("data-due", "true");
  expect(bar).toHaveTextContent("Callback due since");
  expect(screen.getAllByTestId("row-callback")[0]).toHaveTextContent("Callback promised for");
});

it("colours a wait by the target that runs for it, and says by how much it is late", async () => {
  const { server, client } = await open();
  const at = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();
  const waiting = [...server.conversations.values()].filter(({ row }) => row.waiting_since && row.owner_id === server.me);
  waiting.forEach(({ row }, place) =>
    Object.assign(row, { revision: row.revision + 1, deadline: { kind: "first", warn_at: at(place === 0 ? -60 : 30), at: at(place === 0 ? -3 : 60) } }),
  );
  await client.invalidateQueries();
  expect(await screen.findByText(/first answer overdue by 3.min/)).toBeInTheDocument();
});
