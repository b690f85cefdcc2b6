import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, it, vi } from "vitest";
import { startI18n } from "@/app/i18n";
import * as api from "@/api/fetch";
import { sessionKey } from "@/api/session";
import { TargetReport } from "./TargetReport";

const REPORT = {
  start: "2026-11-16", end: "2026-11-22", time_zone: "Africa/Porto-Novo",
  items: [{ queue_id: "q1", queue: "Service", kind: "first", met: 1999, missed: 1, warned: 3, share: 0.9995, answered: 2000, wall_s: 600, business_s: null }],
};

beforeEach(() => {
  startI18n("en");
  vi.restoreAllMocks();
});

function shown(role: string) {
  const client = new QueryClient();
  client.setQueryData(sessionKey, { user: { id: "u", role }, agents: [], lines: [], queues: [] });
  render(
    <QueryClientProvider client={client}>
      <TargetReport />
    </QueryClientProvider>,
  );
}

it("shows what was met, and never rounds it up to all", async () => {
  vi.spyOn(api, "get").mockResolvedValue(REPORT);
  shown("observer");
  const row = await screen.findByTestId("target-row");
  expect(row).toHaveTextContent("First answer");
  expect(row).toHaveTextContent(/99[.,]9 %/);
  expect(row).not.toHaveTextContent("100");
  expect(screen.queryByTestId("targets-csv")).toBeNull();
});

it("has a file written of the period that is chosen, and offers it when it is there", async () => {
  vi.spyOn(api, "get").mockImplementation((path) => Promise.resolve((path.startsWith("/api/history") ? { items: [{ id: "f1", state: "done" }] } : REPORT) as never));
  const post = vi.spyOn(api, "post").mockResolvedValue({ id: "f1", state: "waiting" });
  shown("supervisor");
  await screen.findByTestId("target-row");
  fireEvent.change(screen.getByTestId("targets-start"), { target: { value: "2026-11-20" } });
  await userEvent.click(screen.getByTestId("targets-csv"));
  expect(post).toHaveBeenCalledWith("/api/supervision/targets/exports", { start: "2026-11-20", end: null, form: "csv" });
  await waitFor(() => expect(screen.getByTestId("targets-file")).toHaveAttribute("href", "/api/history/exports/f1/file"));
});
