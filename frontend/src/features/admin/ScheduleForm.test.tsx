import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { startI18n } from "@/app/i18n";
import * as api from "@/api/fetch";
import type { Schedule } from "@/api/types";
import { ScheduleForm } from "./ScheduleForm";

it("names the hours as they were opened, though another has changed them meanwhile", async () => {
  startI18n("en");
  const patch = vi.spyOn(api, "patch").mockResolvedValue({ items: [] });
  const schedule = { id: "s1", name: "Office", country: "BJ", week: Array.from({ length: 7 }, () => [[480, 1080]]), revision: 3 } as unknown as Schedule;
  const form = (given: Schedule) => (
    <QueryClientProvider client={new QueryClient()}>
      <ScheduleForm schedule={given} onClose={() => undefined} />
    </QueryClientProvider>
  );
  const shown = render(form(schedule));
  shown.rerender(form({ ...schedule, revision: 4 }));
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(patch).toHaveBeenCalledWith("/api/admin/schedules/s1", expect.objectContaining({ revision: 3 })));
});
