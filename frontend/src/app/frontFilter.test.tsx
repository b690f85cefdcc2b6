import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, expect, it } from "vitest";
import { forgetLists, kept } from "@/testing/fakeFilter";
import { SAM } from "@/testing/cast";
import { openPalabre } from "@/testing/render";

beforeEach(forgetLists);

const open = (section: string) => openPalabre(`/admin/${section}`, { signedInAs: SAM });

it("sends a file in pieces, fills the list from it and says what it could not read", async () => {
  const { user } = open("lists");
  await user.click(await screen.findByRole("button", { name: "Distributeurs" }));
  const panel = await screen.findByRole("dialog");
  const file = new File(["+2290197000002\n+2290197000003\nrien\n"], "numéros.csv", { type: "text/csv" });
  await within(panel).findByRole("combobox", { name: "What the file does" });
  await user.upload(within(panel).getByTestId("list-file"), file);
  expect(await within(panel).findByTestId("upload-done", {}, { timeout: 4000 })).toHaveTextContent("2 numbers taken");
  expect(within(panel).getByTestId("problems")).toHaveAttribute("href", "/api/admin/uploads/upload-0/problems");
  expect(kept.pieces["upload-0"]).toHaveLength(5);
  expect(kept.numbers["list-partners"]).toEqual(["+2290197000002", "+2290197000003"]);
});

it("says whether a number is in a list", async () => {
  const { user } = open("lists");
  await user.click(await screen.findByRole("button", { name: "Distributeurs" }));
  const panel = await screen.findByRole("dialog");
  await user.type(within(panel).getByTestId("list-number"), "0197000001{Enter}");
  expect(await within(panel).findByText(/is in this list/)).toBeVisible();
});

it("moves checks by the keyboard, keeps the focus on the button, and saves them in their order", async () => {
  const { user } = open("filter");
  await user.click(await screen.findByTestId("add-check"));
  await user.click(screen.getByTestId("add-check"));
  const cards = () => screen.getAllByTestId("check");
  await user.selectOptions(within(cards()[0]!).getByLabelText("Asks"), "keyword");
  await user.type(within(cards()[0]!).getByLabelText(/Words/), "solde, pub");
  await user.selectOptions(within(cards()[1]!).getByLabelText("Which"), "list-partners");
  await user.click(within(cards()[1]!).getByRole("button", { name: "Move check 2 up" }));
  expect(within(cards()[0]!).getByLabelText("Which")).toHaveValue("list-partners");
  await waitFor(() => expect(cards()[0]!.contains(document.activeElement)).toBe(true));
  expect(screen.getByText("Moved to place 1")).toBeInTheDocument();
  await user.click(screen.getByTestId("filter-on"));
  await user.click(screen.getByTestId("save-filter"));
  await waitFor(() => expect(Object.values(kept.filters)).toHaveLength(1));
  const [stored] = Object.values(kept.filters);
  expect(stored!.is_enabled).toBe(true);
  expect(stored!.checks.map(({ kind, words }) => [kind, words])).toEqual([["in_list", []], ["keyword", ["solde", "pub"]]]);
});

it("marks the check that the server refuses, in its own words", async () => {
  const { user } = open("filter");
  await user.click(await screen.findByTestId("add-check"));
  await user.click(screen.getByTestId("save-filter"));
  await waitFor(() => expect(screen.getByTestId("check")).toHaveAttribute("data-refused", "true"));
  expect(screen.getByTestId("check")).toHaveTextContent("There is no such choice.");
});

it("tries a number on what the screen shows, check by check", async () => {
  const { user } = open("filter");
  await user.click(await screen.findByTestId("add-check"));
  await screen.findByRole("option", { name: "Distributeurs" });
  await user.selectOptions(screen.getByLabelText("Which"), "list-partners");
  await user.type(screen.getByTestId("try-number"), "0197000001");
  await user.click(screen.getByTestId("try"));
  expect(await screen.findByTestId("tried")).toHaveTextContent(/holds.*saw: in the list/);
  await user.clear(screen.getByTestId("try-number"));
  await user.type(screen.getByTestId("try-number"), "0197000009");
  await user.click(screen.getByTestId("try"));
  await waitFor(() => expect(screen.getByTestId("tried")).toHaveTextContent(/does not hold.*no check holds/));
});

it("counts who was let in and refused by day, and lists them", async () => {
  open("filter");
  const days = await screen.findByTestId("filter-days");
  expect(await within(days).findByTestId("refused-count")).toHaveTextContent("12");
  expect(await screen.findByTestId("passage")).toHaveTextContent("too many answers");
});
