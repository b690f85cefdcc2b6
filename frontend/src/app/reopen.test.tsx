/** A closed conversation is opened again at the desk. */
import { screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";
import { openPalabre } from "@/testing/render";

async function closed(options?: Parameters<typeof openPalabre>[1]) {
  const opened = openPalabre("/?view=mine&c=c-00000", options);
  await opened.user.click(await screen.findByTestId("close"));
  await screen.findByTestId("reopen", undefined, { timeout: 5000 });
  return opened;
}

it("is the reader's again, who may answer at once", async () => {
  const { user, server } = await closed();
  await user.click(screen.getByTestId("reopen"));
  await waitFor(() => expect(screen.queryByTestId("reopen")).toBeNull(), { timeout: 5000 });
  expect(server.conversation("c-00000").row).toMatchObject({ status: "open", closed_at: null });
  expect(await screen.findByText("Awa Diallo reopened the conversation", undefined, { timeout: 5000 })).toBeVisible();
  await waitFor(() => expect(screen.getByRole("textbox", { name: /Reply to/ })).toBeEnabled(), { timeout: 5000 });
});

it("says why it cannot be", async () => {
  const { user, server } = await closed();
  const { contact } = server.conversation("c-00000").row;
  const newer = server.conversation("c-00001").row;
  newer.status = "open";
  newer.contact = { ...newer.contact, address: contact.address };
  await user.click(screen.getByTestId("reopen"));
  expect(await screen.findByText(/Not done: the customer has written since/, undefined, { timeout: 5000 })).toBeVisible();
  expect(screen.getByTestId("reopen")).toBeVisible();
});
