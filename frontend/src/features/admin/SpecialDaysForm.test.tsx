import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, it, vi } from "vitest";
import { startI18n } from "@/app/i18n";
import * as api from "@/api/fetch";
import type { Schedule } from "@/api/types";
import { SpecialDaysForm } from "./SpecialDaysForm";

const SPECIAL = { id: "d1", first: "2027-03-01", last: "2027-03-02", spans: [[480, 720]], reason: "Inventory", says_fr: "", says_en: "Closed." };
const SCHEDULE = { id: "s1", name: "Office", revision: 3, special_days: [SPECIAL] } as unknown as Schedule;

beforeEach(() => {
  startI18n("en");
  vi.restoreAllMocks();
});

const form = (schedule: Schedule) => (
  <QueryClientProvider client={new QueryClient()}>
    <SpecialDaysForm schedule={schedule} special={SPECIAL} onClose={() => undefined} />
  </QueryClientProvider>
);

it("changes special days in one request, as they were opened, though another has changed them meanwhile", async () => {
  const put = vi.spyOn(api, "put").mockResolvedValue({ items: [] });
  const shown = render(form(SCHEDULE));
  shown.rerender(form({ ...SCHEDULE, revision: 4 }));
  const last = screen.getByLabelText("Last day");
  await userEvent.clear(last);
  await userEvent.type(last, "2027-03-05");
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  const { id: _, ...kept } = SPECIAL;
  await waitFor(() => expect(put).toHaveBeenCalledWith("/api/admin/special-days/d1", { ...kept, last: "2027-03-05", revision: 3 }));
});

it("says which line could not send the words, and how much they are", async () => {
  const refusal = new api.ApiError(422, "says_too_long", "Too long.", { says_en: "Too long." }, { error: { facts: { line: "1919", parts: 4, most_parts: 3 } } });
  vi.spyOn(api, "put").mockRejectedValue(refusal);
  render(form(SCHEDULE));
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  expect(await screen.findByText(/Line 1919: 4 SMS, at most 3/)).toBeTruthy();
});
