/** The panel of a person: each part is changed where it stands, and what is wrong with one is said there. */
import { screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { openPalabre } from "@/testing/render";

const PATIENT = { timeout: 10_000 };

async function opened() {
  localStorage.setItem("palabre.column.person", "1");
  const palabre = openPalabre("/?view=all&c=c-00000");
  await screen.findByTestId("person-fields", undefined, PATIENT);
  return palabre;
}

it("the name is a field while it is changed: Escape leaves it, Enter saves it, and the pencil has the focus again", async () => {
  const { user } = await opened();
  const before = screen.getByTestId("name-edit").previousElementSibling!.textContent;
  await user.click(screen.getByTestId("name-edit"));
  await user.clear(screen.getByTestId("name-field"));
  await user.type(screen.getByTestId("name-field"), "Nobody{Escape}");
  expect(screen.getByTestId("name-edit").previousElementSibling).toHaveTextContent(before);
  await waitFor(() => expect(screen.getByTestId("name-edit")).toHaveFocus());
});

it("tags are put on and taken away", async () => {
  const { user } = await opened();
  await user.selectOptions(screen.getByTestId("tag-add"), "VIP");
  const remove = await screen.findByRole("button", { name: "Take away VIP" });
  await user.click(remove);
  await waitFor(() => expect(screen.queryByRole("button", { name: "Take away VIP" })).toBeNull());
});

it("a value that cannot be so says why beside it, and the others are saved", async () => {
  const { user } = await opened();
  await user.type(screen.getByTestId("field-solde"), "beaucoup{Enter}");
  const wrong = await screen.findByRole("alert");
  expect(wrong).toHaveTextContent("Not saved: A number is expected.");
  expect(screen.getByTestId("field-solde")).toHaveAttribute("aria-describedby", wrong.id);
  await user.selectOptions(screen.getByTestId("field-offre"), "Or");
  await waitFor(() => expect(screen.getByTestId("field-offre")).toHaveValue("Or"));
  expect(screen.getByTestId("field-solde")).toHaveValue("beaucoup");
});

it("a note is added with its author", async () => {
  const { user } = await opened();
  await user.type(screen.getByTestId("person-note"), "Rappeler le soir");
  await user.click(screen.getByTestId("person-note-add"));
  await waitFor(() => expect(screen.getByTestId("person-notes")).toHaveTextContent("Rappeler le soir"));
  expect(screen.getByTestId("person-note")).toHaveValue("");
});

it("a block wants a reason, stands at the top, and is lifted there", async () => {
  const { user } = await opened();
  await user.click(screen.getByTestId("block"));
  expect(screen.getByTestId("block-save")).toBeDisabled();
  await user.type(screen.getByTestId("block-reason"), "Menaces");
  await user.click(screen.getByTestId("block-save"));
  expect(await screen.findByTestId("blocked")).toHaveTextContent("Menaces");
  await user.click(screen.getByTestId("unblock"));
  await waitFor(() => expect(screen.queryByTestId("blocked")).toBeNull());
});

it("two are made one with the reason before one's eyes, and two again", async () => {
  const { user } = await opened();
  await user.click(screen.getByTestId("merge"));
  const alike = await screen.findByTestId("alike");
  expect(alike).toHaveTextContent("Same name, nearly the same number");
  await user.click(within(alike).getByTestId("alike-choose"));
  await user.click(screen.getByTestId("merge-save"));
  await user.click(await screen.findByTestId("split"));
  await waitFor(() => expect(screen.queryByTestId("split")).toBeNull());
});
