import { screen, within } from "@testing-library/react";
import { beforeEach, expect, it } from "vitest";
import { forgetLists, kept } from "@/testing/fakeFilter";
import { SAM } from "@/testing/cast";
import { openPalabre } from "@/testing/render";

beforeEach(forgetLists);

const shown = async (name: string) => (await screen.findAllByTestId(name))[0]!;

it("shows of each line how many were let in and refused, and of the chosen one by what and whom", async () => {
  const { user } = openPalabre("/supervision/filter", { signedInAs: SAM });
  const [first, second] = await screen.findAllByTestId("filtered-line");
  expect(first).toHaveTextContent("The filter is off");
  expect(within(second!).getByTestId("refusedToday")).toHaveTextContent("2");
  expect(within(second!).getByTestId("letWeek")).toHaveTextContent("30");
  await user.click(within(second!).getByRole("button"));
  const [refused, let_] = await screen.findAllByTestId("by-check");
  expect(refused).toHaveTextContent("answer and close");
  expect(let_).toHaveTextContent("let in, to the queue");
  expect(await shown("passage")).toHaveTextContent("too many answers");
});

it("tries a number on the filter that is stored, and says that STOP never meets it", async () => {
  const { user } = openPalabre("/supervision/filter", { signedInAs: SAM });
  await user.type(await shown("try-number"), "0197000001");
  await user.click(screen.getByTestId("try"));
  expect(await shown("tried")).toHaveTextContent("no check holds");
  expect(screen.queryByTestId("tried-said")).toBeNull();
  await user.type(screen.getByTestId("try-text"), "STOP");
  await user.click(screen.getByTestId("try"));
  expect(await shown("tried-said")).toHaveTextContent("never meets the filter");
  expect(screen.getByTestId("tried")).not.toHaveTextContent("no check holds");
});

it("shows how far a file is when its panel is opened again", async () => {
  const { user } = openPalabre("/admin/lists", { signedInAs: SAM });
  kept.uploads.unshift({
    id: "u9", list_id: "list-partners", name: "partners.csv", replaces: true, octets: 32, pieces: 4, missing: [3], state: "receiving",
    progress: 0, error: "", facts: {}, created_at: "2026-11-22T08:00:00Z",
  });
  await user.click(await screen.findByRole("button", { name: "Distributeurs" }));
  expect(await shown("upload-progress")).toHaveTextContent("partners.csv: 75 % have come");
  expect(screen.getByTestId("upload-resume")).toBeVisible();
});
