import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { asked, figures, FIRST, halfHour, wrongIn } from "@/features/staffing/plan";
import { AWA, SAM } from "@/testing/cast";
import { openPalabre } from "@/testing/render";

const contacts = () => screen.getByTestId("staffing-contacts");

it("tells how many agents are needed, and what fewer and more come to", async () => {
  openPalabre("/supervision/staffing", { signedInAs: SAM });
  expect(await screen.findByTestId("staffing-needed")).toHaveTextContent("15 agents");
  expect(screen.getByTestId("staffing-result")).toHaveTextContent("22 on the rota");
  const options = screen.getAllByTestId("staffing-option");
  expect(options.map((one) => within(one).getByRole("rowheader").textContent)).toEqual(["14", "15enough", "16"]);
  expect(options[1]).toHaveTextContent("86.7%");
  expect(options[1]).toHaveTextContent("13.1 s");
  expect(screen.queryAllByTestId("staffing-half")).toHaveLength(0);
});

it("plans a day half hour by half hour, and names the busiest", async () => {
  const { user, server } = openPalabre("/supervision/staffing", { signedInAs: SAM });
  await screen.findByTestId("staffing-needed");
  await user.clear(contacts());
  await user.type(contacts(), "30 42{Enter}80; 16");
  await waitFor(() => expect(screen.getAllByTestId("staffing-half")).toHaveLength(4));
  expect(screen.getByTestId("staffing-needed")).toHaveTextContent("20 agents");
  expect(screen.getByTestId("staffing-result")).toHaveTextContent("in the busiest half hour (09:00)");
  expect(screen.getAllByTestId("staffing-half").map((one) => within(one).getByRole("rowheader").textContent)).toEqual(["08:00", "08:30", "09:00", "09:30"]);
  expect(new URLSearchParams(server.staffing.asked.at(-1)).getAll("contacts")).toEqual(["30", "42", "80", "16"]);
});

it("asks nothing while a figure is wrong, says so at its field, and keeps the last answer", async () => {
  const { user, server } = openPalabre("/supervision/staffing", { signedInAs: SAM });
  await screen.findByTestId("staffing-needed");
  const target = screen.getByTestId("staffing-target");
  await user.clear(target);
  expect(target).toBeInvalid();
  expect(target).toHaveAccessibleDescription("From 1 to 99.9.");
  expect(screen.getByTestId("staffing-needed").closest("[data-stale]")).toHaveAttribute("data-stale", "true");
  await new Promise((resolve) => setTimeout(resolve, 400)); // longer than the pause after which it asks
  expect(new Set(server.staffing.asked).size).toBe(1);
  await user.type(target, "90");
  await waitFor(() => expect(new URLSearchParams(server.staffing.asked.at(-1)).get("target")).toBe("0.9"));
  expect(target).toBeValid();
});

it("asks once for what is typed without a pause", async () => {
  const { server } = openPalabre("/supervision/staffing", { signedInAs: SAM });
  await screen.findByTestId("staffing-needed");
  for (const value of ["3", "30", "30 4", "30 42"]) fireEvent.change(contacts(), { target: { value } });
  await waitFor(() => expect(screen.getAllByTestId("staffing-half")).toHaveLength(2));
  const plans = server.staffing.asked.map((one) => new URLSearchParams(one).getAll("contacts").join(" "));
  expect([...new Set(plans)]).toEqual(["60", "30 42"]);
});

it("says what is wrong in figures that may be typed, and of a plan that begins at no time", async () => {
  openPalabre("/supervision/staffing", { signedInAs: SAM });
  await screen.findByTestId("staffing-needed");
  const [handling, start] = [screen.getByTestId("staffing-handling"), screen.getByTestId("staffing-start")];
  fireEvent.change(handling, { target: { value: "1,200" } });
  expect(handling).toHaveAccessibleDescription("From 1 to 86400.");
  fireEvent.change(contacts(), { target: { value: "1,200" } });
  expect(contacts()).toHaveAccessibleDescription(/each from 0 to 100000, without thousands separators/);
  fireEvent.change(start, { target: { value: "" } });
  expect(start).toBeInvalid();
  expect(start).toHaveAccessibleDescription("A time of the day.");
});

it("calls several talks at once rough", async () => {
  const { user } = openPalabre("/supervision/staffing", { signedInAs: SAM });
  await screen.findByTestId("staffing-needed");
  const together = screen.getByTestId("staffing-concurrency");
  await user.clear(together);
  await user.type(together, "3");
  expect(await screen.findByText(/With 3 talks at once this is a rough guide/)).toBeVisible();
});

it("shows the server's refusal in its words", async () => {
  const { user, server } = openPalabre("/supervision/staffing", { signedInAs: SAM });
  await screen.findByTestId("staffing-needed");
  server.staffing.refusal = "More than 5,000 agents would talk at once.";
  await user.type(contacts(), "000");
  expect(await screen.findByText(/More than 5,000 agents/)).toBeVisible();
});

it("is for supervisors and administrators only", async () => {
  openPalabre("/supervision/staffing", { signedInAs: AWA });
  await waitFor(() => expect(location.pathname).toBe("/"));
});

describe("a plan", () => {
  it("is sent as shares and plain figures", () => {
    const search = new URLSearchParams(asked({ ...FIRST, contacts: "30\n42,5", target: "99,5", shrinkage: "12.5" }));
    expect(search.getAll("contacts")).toEqual(["30", "42.5"]);
    expect(search.get("target")).toBe("0.995");
    expect(search.get("shrinkage")).toBe("0.125");
  });

  it("takes a spreadsheet's row or column", () => {
    expect(figures(" 30\t42 \n 55;60 ")).toEqual(["30", "42", "55", "60"]);
  });

  it.each([
    ["contacts", ""],
    ["contacts", "30 many"],
    ["contacts", "-1"],
    ["contacts", "1 ".repeat(49)],
    ["contacts", "1,200"],
    ["contacts", "30 1,200"],
    ["contacts", "1\u00a0200"],
    ["contacts", "1\u202f200"],
    ["contacts", "30\n12\u202f000"],
    ["start", ""],
    ["start", "25:00"],
    ["handling", "1,200"],
    ["handling", "0"],
    ["target", "100"],
    ["within", "-1"],
    ["concurrency", "0.5"],
    ["shrinkage", "91"],
    ["shrinkage", "Infinity"],
  ] as const)("is wrong with %s = %j", (name, value) => {
    expect(wrongIn({ ...FIRST, [name]: value })).toEqual({ [name]: true });
  });

  it.each([
    ["contacts", "30\u00a042\u202f55"],
    ["contacts", "1 200"], // the space bar parts half hours
    ["contacts", "42,5; 1200"],
    ["start", "23:45"],
    ["handling", "1200,5"],
  ] as const)("is right with %s = %j", (name, value) => {
    expect(wrongIn({ ...FIRST, [name]: value })).toEqual({});
  });

  it("runs past midnight", () => {
    expect(halfHour("23:00", 3)).toBe("00:30");
    expect(halfHour("", 1)).toBe("00:30");
  });
});
