import { act, screen, within } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { AWA, SAM } from "@/testing/cast";
import { openPalabre } from "@/testing/render";

afterEach(() => {
  vi.useRealTimers();
});

it("says how the installation is, and what to do about each check that is not well", async () => {
  openPalabre("/admin/health", { signedInAs: SAM });
  expect(await screen.findByTestId("verdict")).toHaveTextContent("Something needs you now");
  const away = screen.getByRole("row", { name: /Link Opérateur B/ });
  expect(away).toHaveTextContent("Texts to and from this operator wait");
  expect(within(away).getByText(/3.min/)).toBeVisible();
  const well = screen.getByRole("row", { name: /Link Opérateur A/ });
  expect(well).not.toHaveTextContent("wait");
  expect(screen.getByRole("row", { name: /Doorbells/ })).toHaveTextContent("not measured");
  expect(screen.getByRole("row", { name: /Oldest message ready/ })).toHaveTextContent("7 waiting");
  expect(screen.getByRole("row", { name: /Months prepared/ })).toHaveTextContent("3 months");
});

it("is read out when it changes, and not at each measurement", async () => {
  openPalabre("/admin/health", { signedInAs: SAM });
  const verdict = await screen.findByTestId("verdict");
  expect(verdict).toHaveTextContent(/Measured at/);
  const told = within(verdict).getByRole("status");
  expect(told).toHaveTextContent("Something needs you now");
  expect(told).not.toHaveTextContent(/Measured/);
  expect(verdict.closest("[aria-live], [role=status]")).toBeNull();
});

it("shows what is gravest first", async () => {
  openPalabre("/admin/health", { signedInAs: SAM });
  await screen.findByTestId("verdict");
  const levels = screen.getAllByRole("row").slice(1).map((row) => /(now|to look at|well)/.exec(within(row).getByRole("rowheader").querySelector("span[class*=word]")?.textContent ?? "")?.[1]);
  expect(levels).toEqual([...levels].sort((a, b) => ["now", "to look at", "well"].indexOf(a ?? "") - ["now", "to look at", "well"].indexOf(b ?? "")));
  expect(levels[0]).toBe("now");
});

it("does not say how it is when the server hangs: only how it was", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  openPalabre("/admin/health", { signedInAs: SAM });
  expect(await screen.findByTestId("verdict")).not.toHaveTextContent("not known");
  window.fetch = () => new Promise<Response>(() => undefined);
  await act(() => vi.advanceTimersByTimeAsync(14_000));
  expect(screen.getByTestId("verdict")).toHaveTextContent("How it is now is not known");
  expect(screen.getByTestId("verdict")).toHaveTextContent(/this is how it was at \d\d:\d\d:\d\d/);
});

it.each(["/admin/health", "/supervision"])("gives an agent who asks for %s the desk", async (path) => {
  openPalabre(path, { signedInAs: AWA });
  expect(await screen.findByTestId("presence")).toBeVisible();
  expect(screen.queryByTestId("verdict")).toBeNull();
  expect(location.pathname).toBe("/");
});

it("says how the server of a bot fares, and that the bot talks on without it", async () => {
  openPalabre("/admin/health", { signedInAs: SAM });
  const row = await screen.findByRole("row", { name: /Bot server telecom/ });
  expect(row).toHaveTextContent("left alone for 1");
  expect(row).toHaveTextContent(/asked again in 12.s/);
  expect(row).toHaveTextContent("Last failure: no answer in time");
  expect(row).toHaveTextContent("400 turns, 25 answered without it");
  expect(row).toHaveTextContent(/95% of its answers within 310.ms/);
  expect(row).toHaveTextContent("own engine answers in its place");
});
