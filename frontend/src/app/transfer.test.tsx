/** Handing a conversation on: by keyboard, to whom there is room at, with a note, taken back, and said by its fate. */
import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { KOFFI, MARIAM, SAM } from "@/testing/cast";
import { openPalabre } from "@/testing/render";

const MINE = "c-00000";
const PATIENT = { timeout: 10_000 }; // a busy machine is no fault of the desk

async function openMine() {
  const opened = openPalabre(`/?view=mine&c=${MINE}`);
  await screen.findByText("Up to date");
  await screen.findByTestId("transfer");
  Object.assign(opened.server.agents.find(({ id }) => id === KOFFI)!, { state: "available", load: 1, capacity: 4 });
  Object.assign(opened.server.agents.find(({ id }) => id === MARIAM)!, { state: "available", load: 5, capacity: 5 });
  return opened;
}

it("opens by X, finds a colleague by a few letters without accents, and Enter hands it to him with the note", async () => {
  const { server, user } = await openMine();
  await user.keyboard("x");
  const dialog = await screen.findByTestId("transfer-dialog");
  await waitFor(() => expect(dialog).toHaveTextContent("Koffi Mensah"));
  expect(dialog).toHaveTextContent("Available · room for 3");
  expect(screen.getByTestId("transfer-find")).toHaveFocus();
  fireEvent.change(screen.getByTestId("transfer-note"), { target: { value: "Parle de sa facture" } });
  await user.type(screen.getByTestId("transfer-find"), "koffi{Enter}");
  await waitFor(() => expect(server.routing.handed).toEqual([{ agent_id: KOFFI, note: "Parle de sa facture" }]));
  const bar = await screen.findByTestId("transfer-bar");
  expect(bar).toHaveTextContent("Being transferred to Koffi Mensah. 30 s left");
  expect(screen.queryByTestId("transfer-dialog")).toBeNull();
  fireEvent.click(screen.getByTestId("transfer-back"));
  await waitFor(() => expect(screen.queryByTestId("transfer-bar")).toBeNull());
  expect(server.routing.transfers).toEqual([]);
});

it("offers nobody who has no room or is not there, and asks for a choice", async () => {
  const { server, user } = await openMine();
  fireEvent.click(screen.getByTestId("transfer"));
  const dialog = await screen.findByTestId("transfer-dialog");
  await waitFor(() => expect(dialog).toHaveTextContent("no room left"));
  fireEvent.click(screen.getByTestId("transfer-send"));
  expect(within(dialog).getByText("Choose a colleague or a queue.")).toBeVisible();
  await user.type(screen.getByTestId("transfer-find"), "mariam{Enter}");
  expect(within(dialog).getByText(/No room left there/)).toBeVisible();
  expect(server.routing.handed).toEqual([]);
});

it("goes through what can be chosen with the arrows, and to a queue at once", async () => {
  const { server, user } = await openMine();
  await user.keyboard("x");
  await waitFor(() => expect(screen.getByTestId("transfer-dialog")).toHaveTextContent("Facturation"));
  await user.type(screen.getByTestId("transfer-find"), "fact{ArrowDown}{Enter}");
  await waitFor(() => expect(server.routing.handed).toEqual([{ queue_id: "queue-billing", note: "" }]));
  await waitFor(() => expect(screen.queryByTestId("transfer")).toBeNull());
});

it("says why it was refused and leaves the dialog open", async () => {
  const { server, user } = await openMine();
  await user.keyboard("x");
  await waitFor(() => expect(screen.getByTestId("transfer-dialog")).toHaveTextContent("Koffi Mensah"));
  Object.assign(server.agents.find(({ id }) => id === KOFFI)!, { load: 4 });
  await user.type(screen.getByTestId("transfer-find"), "koffi{Enter}");
  expect(await screen.findByText("Not transferred: This person has no room left.", undefined, PATIENT)).toBeVisible();
  await waitFor(() => expect(screen.getByRole("radio", { name: /Koffi.*no room left/ })).toBeInTheDocument(), PATIENT);
});

it("shows who transfers and what he says to it on the card of an offer", async () => {
  const { server } = await openMine();
  server.routing.offer("c-00005", 20, { sender: "Koffi Mensah", note: "Elle a déjà payé" });
  const card = await screen.findByTestId("offer");
  expect(card).toHaveAccessibleName("Conversation transferred to you");
  expect(within(card).getByTestId("offer-sender")).toHaveTextContent("Koffi Mensah transfers it to you");
  expect(card).toHaveTextContent("Elle a déjà payé");
});

it("asks a colleague first, even one without room, with the note as the question; then hands over, or ends it", async () => {
  const { server, user } = await openMine();
  await user.keyboard("x");
  await waitFor(() => expect(screen.getByTestId("transfer-dialog")).toHaveTextContent("no room left"));
  await user.type(screen.getByTestId("transfer-find"), "mariam");
  fireEvent.click(screen.getByTestId("ask-first"));
  expect(screen.getByText("Write your question in the note.")).toBeVisible();
  fireEvent.change(screen.getByTestId("transfer-note"), { target: { value: "A-t-il droit au remboursement ?" } });
  fireEvent.click(screen.getByTestId("ask-first"));
  const bar = await screen.findByTestId("consult-bar");
  expect(bar).toHaveTextContent("You are asking Mariam Ouédraogo.");
  expect(server.routing.consults).toMatchObject([{ colleague_id: MARIAM, question: "A-t-il droit au remboursement ?" }]);
  expect(server.conversation(MINE).row.owner_id).toBe(server.me);
  fireEvent.click(within(bar).getByTestId("consult-end"));
  await waitFor(() => expect(screen.queryByTestId("consult-bar")).toBeNull());
});

it("says on every screen who asks, opens it, and lets the asked say that it is said", async () => {
  const { server } = await openMine();
  const other = [...server.conversations.values()].find(({ row }) => row.owner_id === KOFFI && row.status === "open")!;
  server.routing.consult(other.row, KOFFI, server.me!, "Tu connais ce client ?");
  const strip = await screen.findByTestId("consults");
  expect(strip).toHaveTextContent(/Koffi Mensah asks you about .*Tu connais ce client/);
  fireEvent.click(screen.getByTestId("consult-open"));
  const bar = await screen.findByTestId("consult-bar");
  expect(bar).toHaveTextContent("Koffi Mensah asks you: Tu connais ce client ?");
  expect(within(bar).queryByTestId("consult-hand")).toBeNull();
  expect(screen.queryByTestId("consults")).toBeNull();
  fireEvent.click(within(bar).getByTestId("consult-end"));
  await waitFor(() => expect(server.routing.consults).toEqual([]));
});

it("no longer says that it rings at a colleague who has refused it while another conversation was before him", async () => {
  const { server, user } = await openMine();
  await user.keyboard("x");
  await waitFor(() => expect(screen.getByTestId("transfer-dialog")).toHaveTextContent("Koffi Mensah"));
  await user.type(screen.getByTestId("transfer-find"), "koffi{Enter}");
  await screen.findByTestId("transfer-bar");
  server.routing.transfers = [];
  server.emit({ type: "offer.ended", agent: server.agents.find(({ id }) => id === KOFFI)! });
  await waitFor(() => expect(screen.queryByTestId("transfer-bar")).toBeNull());
});

it("shows who oversees that a colleague's conversation rings, and lets him take it back", async () => {
  const { server } = openPalabre("/?view=all&c=c-00000", { signedInAs: SAM });
  const { row } = server.conversation("c-00000");
  expect(row.owner_id).not.toBe(server.me);
  const now = Date.now();
  const to = server.agents.find(({ id }) => id === MARIAM)!;
  server.routing.transfers = [
    { id: "t-1", conversation_id: row.id, agent_id: to.id, agent: to.name, at: new Date(now).toISOString(), made_at: new Date(now).toISOString(), expires_at: new Date(now + 60_000).toISOString() },
  ];
  const bar = await screen.findByTestId("transfer-bar", undefined, PATIENT);
  expect(bar).toHaveTextContent("Being transferred to Mariam");
  expect(bar).not.toHaveTextContent("stays yours");
  fireEvent.click(screen.getByTestId("transfer-back"));
  await waitFor(() => expect(screen.queryByTestId("transfer-bar")).toBeNull(), PATIENT);
  expect(server.routing.transfers).toEqual([]);
});
