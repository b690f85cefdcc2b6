/** Everything by its name: Ctrl+K. And what somebody sets for himself. */
import { screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { openPalabre } from "@/testing/render";
import { find, fit } from "./palette/find";

const names = () => within(screen.getByRole("listbox", { name: "What to do" })).getAllByRole("option").map((one) => one.textContent);

async function openDesk(path = "/?view=mine", options = {}) {
  const opened = openPalabre(path, options);
  await screen.findByText("Up to date");
  return opened;
}

it("opens also while somebody writes, finds without accents, and does what Enter says", async () => {
  const { user } = await openDesk("/?view=mine&c=c-00001");
  const field = await screen.findByTestId("composer-text");
  await user.click(field);
  await user.keyboard("Bonjour{Control>}k{/Control}");
  const palette = await screen.findByTestId("palette");
  await waitFor(() => expect(palette).toHaveFocus());
  expect(field).toHaveValue("Bonjour");
  await user.keyboard("dàrk{Enter}");
  await waitFor(() => expect(screen.queryByTestId("palette")).toBeNull());
  expect(document.documentElement.dataset.theme).toBe("dark");

  // What was used lately stands first of what fits alike.
  await user.keyboard("{Control>}k{/Control}theme");
  await waitFor(() => expect(names()[0]).toContain("Theme:"));
  await user.click(within(screen.getByRole("dialog")).getByRole("button", { name: "Close" }));
  await waitFor(() => expect(screen.queryByTestId("palette")).toBeNull());
});

it("offers what this person may do here, and to look for what was typed", async () => {
  const { user } = await openDesk();
  await user.keyboard("{Control>}k{/Control}");
  await screen.findByTestId("palette");
  expect(names().some((one) => one?.includes("Administration"))).toBe(false);
  expect(screen.queryByTestId("command-reply")).toBeNull(); // no conversation is open
  await user.keyboard("zzzz");
  expect(names()).toHaveLength(1);
  await user.keyboard("{Enter}");
  expect(await screen.findByTestId("search-box")).toHaveValue("zzzz");
});

it("rests behind an open dialog", async () => {
  const { user } = await openDesk();
  await user.keyboard("?");
  await screen.findByRole("dialog");
  await user.keyboard("{Control>}k{/Control}");
  expect(screen.queryByTestId("palette")).toBeNull();
});

it("single keys do nothing for who has switched them off; the palette still opens", async () => {
  const { user, server } = await openDesk();
  await user.click(screen.getByTestId("user-menu"));
  await user.click(await screen.findByRole("menuitem", { name: "My preferences…" }));
  const page = await screen.findByTestId("preferences");
  await user.click(within(page).getByTestId("single-keys"));
  await user.click(within(page).getByRole("radio", { name: "Compact" }));
  await waitFor(() => expect(server.preferences).toMatchObject({ single_keys: false, density: "compact" }));
  expect(document.documentElement.dataset.density).toBe("compact");
  await user.click(within(screen.getByRole("dialog")).getByRole("button", { name: "Close" }));
  await waitFor(() => expect(screen.queryByTestId("preferences")).toBeNull());
  await user.keyboard("?");
  expect(screen.queryByRole("dialog")).toBeNull();
  await user.keyboard("{Control>}k{/Control}");
  await screen.findByTestId("palette");
});

it("each word that was typed must fit, the beginning best", () => {
  expect([fit("Aller à Équipe", "equ"), fit("Aller à Équipe", "all equ"), fit("Aller à Équipe", "quip"), fit("Aller à Équipe", "bureau")]).toEqual([2, 2, 1, 0]);
  const one = (id: string, label: string) => ({ id, label, group: "go" as const, run: () => undefined });
  const all = [one("a", "Aller aux files"), one("b", "Fermer"), one("c", "Files d’attente")];
  expect(find(all, "fi", []).map(({ id }) => id)).toEqual(["c", "a"]);
  expect(find(all, "", ["b"]).map(({ id }) => id)).toEqual(["b", "a", "c"]);
});
