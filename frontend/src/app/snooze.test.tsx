import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { openPalabre } from "@/testing/render";

const open = async () => {
  const palabre = openPalabre("/?view=mine");
  const [row] = await screen.findAllByTestId("conversation-row");
  fireEvent.click(row!);
  await screen.findByTestId("snooze");
  return { ...palabre, id: row!.getAttribute("data-conversation")! };
};

it("puts a conversation aside by key, shows it among the snoozed ones with its time, and wakes it", async () => {
  const { server, id } = await open();
  const before = Number((await screen.findByTestId("tab-mine")).textContent.replace(/\D/g, ""));
  fireEvent.keyDown(document.body, { key: "s" });
  fireEvent.click(await screen.findByRole("menuitem", { name: /^Tomorrow morning/ }));
  const bar = await screen.findByTestId("snooze-bar");
  expect(bar).toHaveTextContent("Snoozed until");
  expect(server.conversations.get(id)!.row.status).toBe("snoozed");
  expect(server.conversations.get(id)!.row.snooze?.until).toMatch(/T07:00:00/);
  await waitFor(() => expect(screen.getByTestId("tab-mine")).toHaveTextContent(String(before - 1)));
  fireEvent.click(await screen.findByTestId("tab-snoozed"));
  const asleep = await screen.findByTestId("row-snoozed");
  expect(asleep).toHaveTextContent(/Snoozed until/);
  fireEvent.keyDown(document.body, { key: "s" });
  await waitFor(() => expect(screen.queryByTestId("snooze-bar")).toBeNull());
  expect(server.conversations.get(id)!.row.status).toBe("open");
  await waitFor(() => expect(screen.queryByTestId("row-snoozed")).toBeNull());
});

it("sleeps until the customer writes, or until a moment in the organisation's time zone", async () => {
  const { server, id } = await open();
  fireEvent.click(screen.getByTestId("snooze"));
  fireEvent.click(await screen.findByRole("menuitem", { name: "Until they write" }));
  expect(await screen.findByText("Snoozed until they write.")).toBeInTheDocument();
  expect(server.conversations.get(id)!.row.snooze?.until).toBeNull();
  fireEvent.click(screen.getByTestId("snooze"));
  fireEvent.click(await screen.findByRole("menuitem", { name: "Another time…" }));
  const dialog = await screen.findByRole("dialog");
  fireEvent.change(within(dialog).getByLabelText(/When \(Africa\/Porto-Novo\)/), { target: { value: "2099-11-24T08:00" } });
  fireEvent.click(screen.getByTestId("snooze-save"));
  await waitFor(() => expect(server.conversations.get(id)!.row.snooze?.until).toBe("2099-11-24T07:00:00.000Z"));
});

it("may be answered while it sleeps", async () => {
  const { id, server } = await open();
  fireEvent.click(screen.getByTestId("snooze"));
  fireEvent.click(await screen.findByRole("menuitem", { name: "Until they write" }));
  await screen.findByTestId("snooze-bar");
  expect(server.conversations.get(id)!.row.status).toBe("snoozed");
  expect(screen.getByRole("textbox", { name: /Reply|Write/ })).toBeInTheDocument();
});

it("promises an answer: the customer is told by when, in words that may be changed, and it sleeps", async () => {
  const { server, id } = await open();
  fireEvent.click(screen.getByTestId("snooze"));
  fireEvent.click(await screen.findByRole("menuitem", { name: "Promise an answer…" }));
  const dialog = await screen.findByRole("dialog");
  fireEvent.change(within(dialog).getByLabelText(/When \(Africa\/Porto-Novo\)/), { target: { value: "2099-11-24T08:00" } });
  const text = within(dialog).getByTestId("snooze-text");
  expect(text).toHaveValue("Je reviens vers vous avant le mardi 24/11 à 08:00.");
  expect(within(dialog).getByTestId("segment-counter")).toHaveAttribute("data-encoding", "gsm7");
  fireEvent.change(text, { target: { value: "" } });
  expect(screen.getByTestId("snooze-save")).toBeDisabled();
  fireEvent.change(text, { target: { value: "À mardi !" } });
  expect(screen.getByTestId("snooze-save")).toHaveTextContent("Send and snooze");
  fireEvent.click(screen.getByTestId("snooze-save"));
  await screen.findByTestId("snooze-bar", undefined, { timeout: 5000 });
  expect(server.sent).toEqual(["À mardi !"]);
  expect(server.conversations.get(id)!.row.status).toBe("snoozed");
});

it("tells nobody anything unless it is asked to", async () => {
  const { server } = await open();
  fireEvent.click(screen.getByTestId("snooze"));
  fireEvent.click(await screen.findByRole("menuitem", { name: "Another time…" }));
  const dialog = await screen.findByRole("dialog");
  expect(within(dialog).getByTestId("snooze-tell")).not.toBeChecked();
  expect(within(dialog).queryByTestId("snooze-text")).toBeNull();
  fireEvent.click(screen.getByTestId("snooze-save"));
  await screen.findByTestId("snooze-bar", undefined, { timeout: 5000 });
  expect(server.sent).toEqual([]);
});

it("what could not be sent stands there again, with its time, and is sent once", async () => {
  const { server } = await open();
  const ask = async () => {
    fireEvent.click(screen.getByTestId("snooze"));
    fireEvent.click(await screen.findByRole("menuitem", { name: "Promise an answer…" }));
    return within(await screen.findByRole("dialog"));
  };
  const first = await ask();
  fireEvent.change(first.getByLabelText(/When \(Africa\/Porto-Novo\)/), { target: { value: "2099-11-24T08:00" } });
  fireEvent.change(first.getByTestId("snooze-text"), { target: { value: "À mardi !" } });
  server.offline = true;
  fireEvent.click(screen.getByTestId("snooze-save"));
  await screen.findByText(/unreachable|cannot be reached|not reach/i);
  server.offline = false;
  const again = await ask();
  expect(again.getByTestId("snooze-text")).toHaveValue("À mardi !");
  expect(again.getByLabelText(/When \(Africa\/Porto-Novo\)/)).toHaveValue("2099-11-24T08:00");
  fireEvent.click(screen.getByTestId("snooze-save"));
  await screen.findByTestId("snooze-bar", undefined, { timeout: 5000 });
  expect(server.sent).toEqual(["À mardi !"]);
});

it("does not put aside a text that came behind its dialog: that has not been seen", async () => {
  const { server, id } = await open();
  fireEvent.click(screen.getByTestId("snooze"));
  fireEvent.click(await screen.findByRole("menuitem", { name: "Another time…" }));
  const dialog = await screen.findByRole("dialog");
  fireEvent.change(within(dialog).getByLabelText(/When \(Africa\/Porto-Novo\)/), { target: { value: "2099-11-24T08:00" } });
  server.receive(id, "Encore une question");
  await waitFor(() => expect(screen.getByTestId("thread")).toHaveTextContent("Encore une question"));
  fireEvent.click(screen.getByTestId("snooze-save"));
  expect(await screen.findByText(/a text has arrived that you have not seen/)).toBeInTheDocument();
  expect(server.conversations.get(id)!.row.status).toBe("open");
});
