import { screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";
import { recentRows } from "@/api/detail";
import type { Row } from "@/api/types";
import { openPalabre } from "@/testing/render";

const MINE = "/?view=mine&c=c-00000";

const stored = () => Object.keys(localStorage).concat(Object.keys(sessionStorage));

it("signing out leaves nothing of what was read or written here", async () => {
  const { user, client, server } = openPalabre(MINE);
  server.replies.keepsNoDraft = true;
  await user.type(await screen.findByTestId("composer-text"), "Un brouillon");
  await waitFor(() => expect(stored().join()).toContain("palabre.draft."));
  recentRows.add({ id: "c-00001" } as Row); // as the stream does it

  await user.click(screen.getByTestId("user-menu"));
  await user.click(screen.getByRole("menuitem", { name: "Sign out" }));
  expect(await screen.findByText(/1 text has not been sent/)).toBeVisible();
  expect(stored()).not.toEqual([]);

  await user.click(screen.getByTestId("leave"));
  await screen.findByTestId("sign-in-submit");
  // Longer than any timer that saves a draft.
  await new Promise((done) => setTimeout(done, 400));
  expect(stored()).toEqual([]);
  const kept = client.getQueryCache().getAll().filter(({ queryKey, state }) => queryKey[0] !== "demo-people" && state.data !== undefined);
  expect(kept.map(({ queryKey }) => queryKey)).toEqual([]);
  expect(recentRows.since(0)).toEqual([]);
});

it("whoever has written nothing leaves without being asked", async () => {
  const { user } = openPalabre(MINE);
  await user.click(await screen.findByTestId("user-menu"));
  await user.click(screen.getByRole("menuitem", { name: "Sign out" }));
  await screen.findByTestId("sign-in-submit");
  expect(stored()).toEqual([]);
});

it("a draft that the server keeps is no reason to ask, and is there at the next sign-in", async () => {
  const { user, server } = openPalabre(MINE);
  await user.type(await screen.findByTestId("composer-text"), "Un brouillon");
  await user.click(screen.getByTestId("user-menu"));
  await user.click(screen.getByRole("menuitem", { name: "Sign out" }));
  await screen.findByTestId("sign-in-submit");
  expect(stored()).toEqual([]);
  expect([...server.replies.drafts.values()].map(({ text }) => text)).toEqual(["Un brouillon"]);
});
