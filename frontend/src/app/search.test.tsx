/** The one search: by keyboard alone, marked where it was found, and every trouble said. */
import { screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { makeMessage } from "@/testing/fakeData";
import { openPalabre } from "@/testing/render";

const PATIENT = { timeout: 10_000 };
const AT = "2026-11-21T10:00:00Z";

async function searching(typed: string, options = {}) {
  const opened = openPalabre("/?view=all", options);
  await screen.findAllByTestId("conversation-row", undefined, PATIENT);
  const one = opened.server.conversation("c-00003");
  const first = one.row.last_seq;
  one.messages = [...one.messages, ...["ma rareté", "autre chose", "encore une rareté"].map((body, index) => makeMessage(first + 1 + index, { kind: "incoming", body, at: AT }))];
  one.row = { ...one.row, last_seq: first + 3 };
  await opened.user.keyboard("f");
  await screen.findByTestId("search-box");
  if (typed) await opened.user.type(screen.getByTestId("search-box"), typed);
  return { ...opened, first };
}

it("F opens it, typing finds without accents, the arrows choose, Enter opens the text where it was said and marks it", async () => {
  const { user, first } = await searching("rarete");
  const hits = await screen.findAllByTestId("search-text", undefined, PATIENT);
  expect(hits).toHaveLength(2);
  expect(within(hits[0]!).getByText("rareté").tagName).toBe("MARK");
  expect(hits[0]).toHaveAttribute("aria-selected", "true");
  expect(screen.getByTestId("search-box")).toHaveFocus();
  await user.keyboard("{ArrowDown}");
  expect(hits[1]).toHaveAttribute("aria-selected", "true");
  expect(screen.getByTestId("search-box")).toHaveAttribute("aria-activedescendant", hits[1]!.id);
  await user.keyboard("{Enter}");
  await waitFor(() => expect(location.search).toContain(`c=c-00003&m=${first + 3}`));
  await waitFor(() => expect(document.querySelector("[data-found]")).toHaveTextContent("encore une rareté"), PATIENT);
  expect(screen.queryByTestId("search-dialog")).toBeNull();
});

it("remembers what one has looked for, and forgets it when asked", async () => {
  const { user } = await searching("rarete");
  await screen.findAllByTestId("search-text", undefined, PATIENT);
  await user.keyboard("{Enter}");
  await waitFor(() => expect(screen.queryByTestId("search-dialog")).toBeNull());
  await user.click(screen.getByTestId("search-open"));
  expect(await screen.findByTestId("search-recent")).toHaveTextContent("rarete");
  await user.click(screen.getByRole("button", { name: "Forget them" }));
  expect(screen.queryByTestId("search-recent")).toBeNull();
});

it("says that nothing was found, what may be meant, and what a field is not", async () => {
  const { user } = await searching("solda");
  await user.click(await screen.findByTestId("search-meant", undefined, PATIENT));
  expect(screen.getByTestId("search-box")).toHaveValue("solde");
  await user.clear(screen.getByTestId("search-box"));
  await user.type(screen.getByTestId("search-box"), "zzzzzz");
  expect(await screen.findByTestId("search-none", undefined, PATIENT)).toBeVisible();
  await user.clear(screen.getByTestId("search-box"));
  await user.type(screen.getByTestId("search-box"), "couleur:bleu");
  expect(await screen.findByTestId("search-problem", undefined, PATIENT)).toHaveTextContent("no field “couleur:”");
  expect(screen.queryByTestId("search-none")).toBeNull();
});

it("a server that does not answer is said, and asked again", async () => {
  const { user, server } = await searching("");
  server.broken = true;
  await user.type(screen.getByTestId("search-box"), "rarete");
  await screen.findByTestId("search-failed", undefined, PATIENT);
  server.broken = false;
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findAllByTestId("search-text", undefined, PATIENT)).toHaveLength(2);
});

it("is not there for whoever may read no words", async () => {
  openPalabre("/?view=all", { observer: true });
  await screen.findAllByTestId("conversation-row", undefined, PATIENT);
  expect(screen.queryByTestId("search-open")).toBeNull();
});
