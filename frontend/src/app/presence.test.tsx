/** An agent's state, his wrap-up and the disposition of what he closes. */
import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { QUEUES, SAM } from "@/testing/cast";
import type { FakeServer } from "@/testing/fakeServer";
import { openPalabre } from "@/testing/render";

const MINE = "/?view=mine&c=c-00000";
const presence = () => screen.findByTestId("presence");

async function openLive(prepare: (server: FakeServer) => void = () => undefined, path = MINE) {
  const opened = openPalabre(path);
  prepare(opened.server);
  await screen.findByText("Up to date");
  return opened;
}

function wrapsUp(server: FakeServer, part: Partial<FakeServer["routing"]["queues"][number]> = {}): void {
  Object.assign(server.routing.queues[0]!, { wrap_up_s: 60, ...part });
  server.routing.dispositions = ["Résolu", "À rappeler"].map((name, position) => ({ id: `d-${position}`, queue_id: QUEUES[0]!.id, name, position, is_enabled: true }));
}

describe("a state", () => {
  it("is chosen among the organisation's own, and its reason and a timer are shown", async () => {
    const { user, server } = await openLive();
    await user.click(within(await presence()).getByRole("button"));
    await user.click(await screen.findByRole("menuitemradio", { name: "Meal" }));
    await waitFor(async () => expect(await presence()).toHaveAttribute("data-state", "break"));
    expect(await presence()).toHaveTextContent(/On a break · Meal0:0\d/);
    expect(server.agents[0]!.reason_id).toBe("r-5");
  });

  it("shows how much of the capacity is taken", async () => {
    await openLive();
    expect(await screen.findByTestId("load")).toHaveTextContent("5/5");
    expect(screen.getByText("5 of 5 conversations")).toBeInTheDocument();
  });

  it("of not responding is explained, and one button ends it", async () => {
    const { server, user } = await openLive();
    server.routing.put({ state: "not_responding", set_by: "missed" });
    const bar = await screen.findByTestId("state-bar");
    expect(bar).toHaveTextContent(/An offer was not answered in time/);
    expect(within(bar).getAllByRole("button")).toHaveLength(1);
    await user.click(screen.getByTestId("back-to-available"));
    await waitFor(() => expect(screen.queryByTestId("state-bar")).toBeNull());
    expect(await presence()).toHaveAttribute("data-state", "available");
  });

  it("of nobody being there ends by the first key", async () => {
    const { server, user } = await openLive();
    server.routing.put({ state: "away", set_by: "idle" });
    expect(await screen.findByTestId("state-bar")).toHaveTextContent(/Nobody was at this desk/);
    await user.keyboard("{Shift}");
    await waitFor(async () => expect(await presence()).toHaveAttribute("data-state", "available"));
  });
});

it("of the product's own making is the only one of its kind in the menu", async () => {
  const { server, user } = await openLive();
  server.routing.put({ state: "available", set_by: "wrap_up" });
  await user.click(within(await presence()).getByRole("button"));
  const chosen = screen.getAllByRole("menuitemradio").filter((one) => one.getAttribute("aria-checked") === "true");
  expect(chosen.map((one) => one.textContent)).toEqual(["Available"]);
});

describe("what stands before his eyes", () => {
  it("is told anew when he is back, for the server ends it while nobody is there", async () => {
    const { server } = await openLive();
    const asked = vi.spyOn(globalThis, "fetch");
    const told = () => asked.mock.calls.filter(([request]) => String(request instanceof Request ? request.url : request).endsWith("/api/presence/focus")).length;
    server.routing.put({ state: "away", set_by: "idle" });
    await screen.findByTestId("state-bar");
    const before = told();
    server.routing.put({ state: "available", set_by: "self" });
    await waitFor(() => expect(told()).toBe(before + 1));
  });
});

describe("closing", () => {
  it("asks for a disposition where the queue wants one, and a digit and Enter are enough", async () => {
    const { server, user } = await openLive((one) => wrapsUp(one, { wrap_up_s: 0, dispositions_required: true }));
    await screen.findByTestId("close");
    await user.keyboard("e");
    const dialog = await screen.findByTestId("close-dialog");
    await user.click(screen.getByTestId("close-sure"));
    expect(await within(dialog).findByText("Choose a disposition.")).toBeVisible();
    expect(server.conversation("c-00000").row.status).toBe("open");
    await user.keyboard("2{Enter}");
    await waitFor(() => expect(server.conversation("c-00000").row.status).toBe("closed"));
    expect(server.conversation("c-00000").row.disposition_id).toBe("d-1");
    expect(await screen.findByText("Disposition: À rappeler")).toBeVisible();
    expect(screen.queryByTestId("close-dialog")).toBeNull();
  });

  it("asks when the server began to want one after this page was opened", async () => {
    const { server, user } = await openLive((one) => wrapsUp(one));
    await screen.findByTestId("close");
    server.routing.queues[0]!.dispositions_required = true;
    await user.keyboard("e");
    expect(await screen.findByTestId("close-dialog")).toBeVisible();
  });

  it("does not close over a text that came behind its dialog", async () => {
    const { server, user } = await openLive((one) => wrapsUp(one, { wrap_up_s: 0 }));
    await screen.findByTestId("close");
    await user.keyboard("e");
    await screen.findByTestId("close-dialog");
    server.receive("c-00000", "Encore une question");
    await waitFor(() => expect(screen.getByTestId("thread")).toHaveTextContent("Encore une question"));
    await user.keyboard("1{Enter}");
    expect(await screen.findByText(/a text has arrived that you have not seen/)).toBeVisible();
    expect(screen.queryByTestId("close-dialog")).toBeNull();
    expect(server.conversation("c-00000").row.status).toBe("open");
  });

  it("says that the chosen one is out of use, and asks again with those that are left", async () => {
    const { server, user, client } = await openLive((one) => wrapsUp(one, { wrap_up_s: 0 }));
    const message = "This choice does not exist.";
    server.routing.mustSay = (_, chosen) => (chosen === "d-0" ? { status: 422, body: { error: { code: "invalid", message, fields: { disposition_id: message } } } } : null);
    await screen.findByTestId("close");
    await user.keyboard("e");
    await screen.findByTestId("close-dialog");
    await user.keyboard("1{Enter}");
    expect(await screen.findByText(/This choice does not exist/)).toBeVisible();
    await waitFor(() => expect(screen.queryByTestId("close-dialog")).toBeNull());
    server.routing.dispositions = server.routing.dispositions.slice(1);
    server.emit({ type: "settings.changed" });
    await waitFor(() => expect(client.getQueryData<{ dispositions: object[] }>(["session"])?.dispositions).toHaveLength(1));
    await user.keyboard("e");
    await screen.findByTestId("close-dialog");
    await user.keyboard("1{Enter}");
    await waitFor(() => expect(server.conversation("c-00000").row).toMatchObject({ status: "closed", disposition_id: "d-1" }));
  });

  it("asks nothing where a queue has none", async () => {
    const { server, user } = await openLive();
    await screen.findByTestId("close");
    await user.keyboard("e");
    await waitFor(() => expect(server.conversation("c-00000").row.status).toBe("closed"));
    expect(screen.queryByTestId("close-dialog")).toBeNull();
  });
});

describe("wrapping up", () => {
  it("counts down, takes a disposition, and N finishes it", async () => {
    const { server, user } = await openLive((one) => wrapsUp(one));
    await screen.findByTestId("close");
    await user.keyboard("e");
    const bar = await screen.findByTestId("wrap-up");
    expect(bar).toHaveTextContent(/Wrapping up: Adjoa Hounkpatin/);
    expect(within(bar).getByRole("timer")).toHaveTextContent(/(1:00|0:5\d) left/);
    expect(await presence()).toHaveAttribute("data-state", "wrap_up");
    await user.selectOptions(screen.getByTestId("wrap-up-disposition"), "Résolu");
    (document.activeElement as HTMLElement).blur();
    await user.keyboard("n");
    await waitFor(() => expect(screen.queryByTestId("wrap-up")).toBeNull());
    expect(await presence()).toHaveAttribute("data-state", "available");
    // N was not the note's key meanwhile.
    expect(screen.queryByTestId("composer-text")).not.toHaveFocus();
    expect(server.routing.wrapUps).toEqual([]);
  });

  it("that runs out takes along the disposition that was chosen, and the conversation shows it", async () => {
    const { server, user } = await openLive((one) => wrapsUp(one, { wrap_up_s: 3 }));
    await screen.findByTestId("close");
    await user.keyboard("e");
    await user.selectOptions(await screen.findByTestId("wrap-up-disposition"), "Résolu");
    await waitFor(() => expect(server.conversation("c-00000").row.disposition_id).toBe("d-0"));
    expect(await screen.findByText("Disposition: Résolu")).toBeVisible();
  });

  it("and so does one that is ended elsewhere", async () => {
    const { server, user } = await openLive((one) => wrapsUp(one));
    await screen.findByTestId("close");
    await user.keyboard("e");
    await user.selectOptions(await screen.findByTestId("wrap-up-disposition"), "Résolu");
    server.routing.wrapUps = [];
    server.routing.put({ state: "available", until: null, set_by: "supervisor" });
    await waitFor(() => expect(server.conversation("c-00000").row.disposition_id).toBe("d-0"));
    expect(screen.queryByTestId("wrap-up")).toBeNull();
  });

  it("does not finish without the disposition that its queue requires", async () => {
    const { server, user } = await openLive((one) => wrapsUp(one));
    await screen.findByTestId("close");
    await user.keyboard("e");
    await screen.findByTestId("wrap-up");
    server.routing.wrapUps[0]!.disposition_required = true;
    server.routing.put({ state: "wrap_up" });
    await screen.findByRole("option", { name: "Choose a disposition" });
    await user.click(screen.getByTestId("finish"));
    expect(await screen.findByText("Choose a disposition first.")).toBeVisible();
    expect(screen.getByTestId("wrap-up-disposition")).toHaveFocus();
    expect(server.routing.wrapUps).toHaveLength(1);
  });
});

describe("who oversees", () => {
  it("sees what an agent was, and puts him into another state", async () => {
    const { server, user } = openPalabre("/supervision", { signedInAs: SAM });
    await user.click((await screen.findAllByTestId("agent-state"))[0]!);
    const dialog = await screen.findByTestId("agent-states");
    expect(await within(dialog).findByText(/42\smin/)).toBeVisible();
    await user.selectOptions(screen.getByTestId("force-state"), "Offline");
    await user.click(screen.getByTestId("force"));
    expect(await screen.findByText(/The state of Awa Diallo was changed/)).toBeVisible();
    expect(server.agents[0]).toMatchObject({ state: "offline", set_by: "supervisor" });
    await waitFor(() => expect(screen.queryByTestId("agent-states")).toBeNull());
  });

  it("but an observer only sees the state", async () => {
    openPalabre("/supervision", { observer: true });
    await screen.findAllByText("Koffi Mensah");
    expect(screen.queryByTestId("agent-state")).toBeNull();
  });
});
