import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { readFilters, toSearch } from "@/features/history/filters";
import { AWA, SAM } from "@/testing/cast";
import { openPalabre } from "@/testing/render";

const rows = () => screen.findAllByTestId("history-row");

it("shows both dates, the state in words and the operator's own word, and leads to the conversation", async () => {
  openPalabre("/supervision/history", { signedInAs: SAM });
  const [first, second, third, fourth] = await rows();
  expect(first).toHaveTextContent("Delivered");
  expect(first).toHaveTextContent("DELIVRD");
  expect(first).toHaveTextContent("MT0-1");
  expect(first!.querySelectorAll("time")).toHaveLength(2);
  expect(second).toHaveTextContent("Received");
  expect(third).toHaveTextContent("UNDELIV");
  expect(third).toHaveTextContent("This number does not exist");
  expect(fourth).toHaveTextContent("Sent, not yet delivered");
  expect(fourth).toHaveTextContent("ENROUTE");
  expect(within(first!).getByRole("link")).toHaveAttribute("href", "/?view=all&c=c-00000");
});

it("puts its filters into the address, and takes them from there", async () => {
  const { user, server } = openPalabre("/supervision/history?state=failed&start=2026-11-01", { signedInAs: SAM });
  for (const row of await rows()) expect(row).toHaveAttribute("data-state", "failed");
  expect(server.history.asked.some((one) => one.includes("start=2026-11-01") && one.includes("state=failed"))).toBe(true);
  await user.selectOptions(screen.getByTestId("history-state"), "delivered");
  await waitFor(() => expect(location.search).toBe("?start=2026-11-01&state=delivered"));
  await user.type(screen.getByTestId("history-number"), "01 97{Enter}");
  await waitFor(() => expect(new URLSearchParams(location.search).get("number")).toBe("01 97"));
  await user.click(screen.getByTestId("history-clear"));
  await waitFor(() => expect(location.search).toBe(""));
});

it("says which day of the address no calendar has, and looks for the rest", async () => {
  openPalabre("/supervision/history?start=2026-02-31&state=failed", { signedInAs: SAM });
  expect(await screen.findByTestId("history-stray")).toHaveTextContent("Not a day, and left out: 2026-02-31");
  for (const row of await rows()) expect(row).toHaveAttribute("data-state", "failed");
});

it("keeps the focus and waits for a whole year while a day is typed, and follows the address", async () => {
  const { user } = openPalabre("/supervision/history", { signedInAs: SAM });
  await rows();
  const before = history.length;
  const start = screen.getByTestId("history-start");
  start.focus();
  fireEvent.change(start, { target: { value: "0002-11-21" } });
  expect(location.search).toBe("");
  fireEvent.change(start, { target: { value: "2026-11-21" } });
  await waitFor(() => expect(location.search).toBe("?start=2026-11-21"));
  expect(document.activeElement).toBe(start);
  expect(screen.getByTestId("history-start")).toBe(start);
  const words = screen.getByTestId("history-text");
  await user.type(words, "perdu{Enter}");
  await waitFor(() => expect(location.search).toBe("?start=2026-11-21&text=perdu"));
  expect(document.activeElement).toBe(words);
  expect(history.length).toBe(before);
  act(() => {
    window.history.replaceState(null, "", "/supervision/history?text=ailleurs");
    window.dispatchEvent(new PopStateEvent("popstate"));
  });
  await waitFor(() => expect(words).toHaveValue("ailleurs"));
  expect(start).toHaveValue("");
  await user.type(words, " encore");
  await user.click(screen.getByTestId("history-clear"));
  expect(words).toHaveValue("");
});

it("keeps nothing of an address that is no filter", () => {
  const search = new URLSearchParams("state=nonsense&start=yesterday&end=2026-02-30&direction=in&line=a%20b&extra=1");
  expect(toSearch(readFilters(search)).toString()).toBe("direction=in");
});

it("looks further back by itself where a page holds little, and says how far it has looked", async () => {
  const { server } = openPalabre("/supervision/history?text=rare", { signedInAs: SAM });
  server.history.reach = 12;
  expect(await screen.findByText("Texto numéro 33")).toBeVisible();
  expect(server.history.asked.filter((one) => one.startsWith("/api/history?")).length).toBeGreaterThan(1);
});

it("never says a total that it does not know: more than so many, until somebody asks exactly", async () => {
  const { user, server } = openPalabre("/supervision/history", { signedInAs: SAM });
  server.history.total = { total: 10_000, exact: false };
  expect(await screen.findByText(/More than 10,000 texts/)).toBeVisible();
  await user.click(screen.getByTestId("count-exactly"));
  expect(await screen.findByText("1,234,567 texts")).toBeVisible();
});

it("asks for a file with the filters that are set, and offers it", async () => {
  const { user, server } = openPalabre("/supervision/history?state=failed", { signedInAs: SAM });
  await user.click(await screen.findByTestId("export"));
  await user.click(await screen.findByTestId("export-csv"));
  expect(await screen.findByTestId("export-file")).toHaveTextContent("34 texts");
  expect(server.history.files[0]).toMatchObject({ filters: { state: "failed", form: "csv" } });
  expect(screen.getByRole("link", { name: /Download/ })).toHaveAttribute("href", "/api/history/exports/f-0/file");
});

it("shows texts in and out of the time that is chosen", async () => {
  const { user } = openPalabre("/supervision/traffic", { signedInAs: SAM });
  expect(await screen.findByTestId("traffic-received")).toHaveTextContent("160");
  await user.click(screen.getByRole("button", { name: "Today" }));
  expect(screen.getByTestId("traffic-received")).toHaveTextContent("1,800");
  expect(screen.getByTestId("traffic-waiting")).toHaveTextContent(/the oldest for 1.min/);
  expect(screen.getAllByTestId("flow")).toHaveLength(3);
});

it.each(["/supervision/history", "/supervision/traffic"])("gives an agent who asks for %s the desk", async (path) => {
  openPalabre(path, { signedInAs: AWA });
  expect(await screen.findByTestId("presence")).toBeVisible();
  expect(location.pathname).toBe("/");
});

it("warns beside the conversation that a number is wrong", async () => {
  localStorage.setItem("palabre.column.person", "1");
  openPalabre("/?view=queue&c=c-00006", { signedInAs: AWA });
  expect(await screen.findByTestId("wrong-number")).toHaveTextContent(/failed for good on .*This number does not exist/);
});
