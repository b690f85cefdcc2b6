import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { SAM } from "@/testing/cast";
import { openPalabre } from "@/testing/render";

const open = async (section: string) => {
  openPalabre(`/admin/${section}`, { signedInAs: SAM });
  await screen.findByRole("heading", { level: 1 });
};

it("says of each schedule whether it is open now, when that changes, and what waits for a person", async () => {
  await open("hours");
  const card = await screen.findByTestId("schedule");
  expect(within(card).getByTestId("open-now")).toHaveTextContent(/Closed now opens .*23 November 2026/);
  expect(card).toHaveTextContent("08:00–12:30, 14:00–18:00");
  expect(within(card).getByTestId("special-days")).toHaveTextContent("Inventaire");
  expect(screen.getByTestId("holidays-to-confirm")).toHaveTextContent("1 holiday to confirm");
  // What waits stands first.
  expect(screen.getAllByTestId("holiday")[0]).toHaveTextContent("Eid al-Adha");
});

it("shows a refused day beside its hours and keeps what was written", async () => {
  await open("hours");
  fireEvent.click(await screen.findByTestId("edit-schedule"));
  const form = await screen.findByRole("dialog");
  const tuesday = within(form).getByRole("group", { name: "Tuesday" });
  const closes = within(tuesday).getAllByLabelText("Tuesday, closes")[0]!;
  fireEvent.change(closes, { target: { value: "07:00" } });
  fireEvent.click(within(form).getByRole("button", { name: "Save" }));
  expect(await within(tuesday).findByRole("alert")).toHaveTextContent("Une ouverture finit");
  expect(closes).toHaveValue("07:00");
  expect(within(within(form).getByRole("group", { name: "Monday" })).queryByRole("alert")).toBeNull();
});

it("fills the week from Monday with one button, and adds and removes openings", async () => {
  await open("hours");
  fireEvent.click(await screen.findByTestId("add"));
  const form = await screen.findByRole("dialog");
  const day = (name: string) => within(form).getByRole("group", { name });
  fireEvent.click(within(day("Monday")).getByRole("button", { name: /Remove the opening at 14:00/ }));
  fireEvent.click(screen.getByTestId("copy-week"));
  expect(within(day("Friday")).getAllByLabelText("Friday, opens")).toHaveLength(1);
  fireEvent.click(within(day("Sunday")).getByRole("button", { name: /Add an opening/ }));
  expect(within(day("Sunday")).getByLabelText("Sunday, opens")).toHaveValue("08:00");
});

it("counts what the after-hours answer costs with its time filled in", async () => {
  await open("hours");
  const count = await screen.findByTestId("after-hours-fr-count");
  expect(count).toHaveAttribute("data-parts", "1");
  fireEvent.change(document.getElementById("after-hours-fr")!, { target: { value: "Fermé jusqu’à {opens_at}." } });
  expect(count).toHaveAttribute("data-encoding", "ucs2");
  expect(count).toHaveTextContent("1 SMS, Unicode");
});

it("reads targets as people write them, and says what it cannot read", async () => {
  await open("targets");
  const [first] = await screen.findAllByTestId("targets");
  fireEvent.click(within(first!).getByRole("button"));
  const form = await screen.findByRole("dialog");
  const field = within(form).getByLabelText("First answer within");
  fireEvent.change(field, { target: { value: "soon" } });
  fireEvent.click(within(form).getByRole("button", { name: "Save" }));
  expect(field).toHaveAccessibleDescription(/Write for example/);
  fireEvent.change(field, { target: { value: "1h30" } });
  fireEvent.click(within(form).getByRole("button", { name: "Save" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect((await screen.findAllByTestId("targets"))[0]).toHaveTextContent("1 h 30 min");
});
