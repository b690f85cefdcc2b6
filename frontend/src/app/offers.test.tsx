/** What is offered to an agent: seen, heard, accepted, declined, and never wrong after a line that was cut. */
import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { SAM } from "@/testing/cast";
import type { Offer } from "@/api/routing";
import { openPalabre } from "@/testing/render";

const MINE = "/?view=mine&c=c-00000";
const QUEUED = "c-00005";
const card = () => screen.findByTestId("offer");
const none = () => waitFor(() => expect(screen.queryByTestId("offers")).toBeNull());
/** Longer than the card lets pass before it takes an Enter or a click. */
const read = () => new Promise((resolve) => setTimeout(resolve, 700));

async function openLive(path = "/?view=mine") {
  const opened = openPalabre(path);
  await screen.findByText("Up to date");
  // The start asks what is offered: what follows comes by events alone.
  await waitFor(() => expect(opened.client.getQueryState(["offers"])?.status).toBe("success"));
  return opened;
}

describe("an offer", () => {
  it("says who waits, where, for what and how long there is, and the title counts it", async () => {
    const { server } = await openLive();
    const before = document.title;
    server.routing.offer(QUEUED, 20, { skills: [{ skill_id: "s", name: "Facturation", least: 3, preferred: 0 }] });
    const shown = await card();
    const { row } = server.conversation(QUEUED);
    expect(shown).toHaveTextContent(/Général · line/);
    expect(shown).toHaveTextContent("Facturation, level 3 or more");
    expect(shown).toHaveTextContent(row.last_message!.preview);
    expect(shown).toHaveTextContent(/Bot: Le client signale/);
    expect(shown).toHaveTextContent(/Waiting for|min|s/);
    expect(within(shown).getByRole("timer")).toHaveAccessibleName(/(20|19|18) seconds left to accept/);
    expect(document.title).toBe(`An offer! · ${before}`);
  });

  it("is accepted by Enter, and its conversation opens", async () => {
    const { server, user } = await openLive();
    server.routing.offer(QUEUED);
    const shown = await card();
    await waitFor(() => expect(shown).toHaveFocus());
    await read();
    await user.keyboard("{Enter}");
    await none();
    await waitFor(() => expect(server.conversation(QUEUED).row.owner_id).toBe(server.me));
    expect(window.location.search).toContain(`c=${QUEUED}`);
    expect(await screen.findByTestId("composer-text")).toBeVisible();
  });

  it("takes no Enter that was meant for something else", async () => {
    const { server, user } = await openLive();
    server.routing.offer(QUEUED);
    await waitFor(() => expect(screen.getByTestId("offer")).toHaveFocus());
    await user.keyboard("{Enter}");
    await read();
    expect(server.conversation(QUEUED).row.status).toBe("queued");
    expect(screen.getByTestId("offer")).toBeVisible();
  });

  it("does not interrupt who is writing; Escape and O lead to it", async () => {
    const { server, user } = await openLive(MINE);
    const field = await screen.findByTestId("composer-text");
    await user.type(field, "Bonjour");
    server.routing.offer(QUEUED);
    const shown = await card();
    expect(field).toHaveFocus();
    await user.keyboard(" o{Escape}o");
    expect(field).toHaveValue("Bonjour o");
    expect(shown).toHaveFocus();
  });

  it("takes no click that was meant for something else", async () => {
    const { server, user } = await openLive();
    server.routing.offer(QUEUED);
    await card();
    await user.click(screen.getByTestId("offer-accept"));
    await user.click(screen.getByTestId("offer-decline"));
    await read();
    expect(server.conversation(QUEUED).row.status).toBe("queued");
    expect(screen.queryByTestId("offer-why")).toBeNull();
  });

  it("is made small by who needs the room, and large again by O", async () => {
    const { server, user } = await openLive();
    server.routing.offer(QUEUED);
    await card();
    await user.click(screen.getByTestId("offer-fold"));
    expect(screen.queryByTestId("offer")).toBeNull();
    expect(screen.getByTestId("offer-more")).toBeVisible();
    await user.keyboard("o");
    expect(await card()).toHaveFocus();
  });

  it("is declined with a reason, by the keyboard alone", async () => {
    const { server, user } = await openLive();
    server.routing.offer(QUEUED);
    await card();
    await read();
    screen.getByTestId("offer-decline").focus();
    await user.keyboard("{Enter}");
    const why = await screen.findByTestId("offer-why");
    await waitFor(() => expect(within(why).getAllByRole("button")[0]).toHaveFocus());
    await user.keyboard("{ArrowDown}{Enter}");
    await none();
    expect(server.routing.declined).toEqual(["Not my field"]);
    expect(screen.queryByText(/was withdrawn/)).toBeNull();
  });

  it("waits behind the one that ends sooner, and comes to the front when that is answered", async () => {
    const { server, user } = await openLive();
    server.routing.offer("c-00006", 30);
    server.routing.offer(QUEUED, 10);
    await waitFor(() => expect(screen.getAllByTestId("offer-more")).toHaveLength(1));
    expect(await card()).toHaveAttribute("data-conversation", QUEUED);
    await read();
    await user.click(screen.getByTestId("offer-accept"));
    await waitFor(() => expect(screen.getByTestId("offer")).toHaveAttribute("data-conversation", "c-00006"));
    expect(screen.queryByTestId("offer-more")).toBeNull();
  });

  it("that was taken back is said, and so is one that ran out", async () => {
    const { server } = await openLive();
    const withdrawn = server.routing.offer(QUEUED);
    await card();
    server.routing.end(withdrawn.id);
    expect(await screen.findByText(/was withdrawn/)).toBeVisible();
    await none();
    const ran = server.routing.offer("c-00006", 1);
    await card();
    expect(await screen.findByText("Time is up.")).toBeVisible();
    server.routing.end(ran.id);
    expect(await screen.findByText(/was not answered in time/)).toBeVisible();
  });

  it("that is over when it is accepted says so and goes", async () => {
    const { server, user } = await openLive();
    server.routing.offer(QUEUED);
    await card();
    await read();
    server.routing.offers = [];
    await user.click(screen.getByTestId("offer-accept"));
    expect(await screen.findByText(/no longer offered to you/)).toBeVisible();
    await none();
  });
});

describe("behind an open dialog", () => {
  const opened = async () => {
    const live = await openLive(MINE);
    await screen.findByTestId("composer-text");
    await live.user.keyboard("?");
    return { ...live, dialog: await screen.findByRole("dialog") };
  };

  it("an offer is a line in it, is heard in it, and is accepted without closing it", async () => {
    const { server, user, dialog } = await opened();
    server.routing.offer(QUEUED);
    expect(await within(dialog).findByTestId("offer-more")).toBeVisible();
    await waitFor(() => expect([...dialog.querySelectorAll("[aria-live=polite]")].map((one) => one.textContent).join(" ")).toMatch(/is offered to you/));
    await user.keyboard("o");
    await waitFor(() => expect(within(dialog).getByTestId("offer")).toHaveFocus());
    await read();
    await user.keyboard("{Enter}");
    await waitFor(() => expect(server.conversation(QUEUED).row.owner_id).toBe(server.me));
    expect(dialog).toBeInTheDocument();
    expect(window.location.search).toContain("c=c-00000");
    expect(await within(dialog).findByText(/is yours/)).toBeInTheDocument();
  });

  it("a letter that is typed into one of its fields leads nowhere", async () => {
    const { server, user } = await openLive(MINE);
    await screen.findByTestId("composer-text");
    server.routing.offer(QUEUED);
    await card();
    await user.keyboard("{Escape}c");
    const field = (await screen.findByRole("dialog")).querySelector<HTMLElement>("input, textarea")!;
    field.focus();
    await user.keyboard("o");
    expect(field).toHaveFocus();
    expect(field).toHaveValue("o");
  });

  it("it is a card again when the dialog is closed", async () => {
    const { server, user, dialog } = await opened();
    server.routing.offer(QUEUED);
    await within(dialog).findByTestId("offer-more");
    await user.click(within(dialog).getByRole("button", { name: "Close" }));
    expect(await card()).toBeVisible();
    expect(screen.queryByRole("dialog")).toBeNull();
  });
});

describe("time that is over", () => {
  it("counts in no title and leaves no card, though the line is cut", async () => {
    const { server } = await openLive();
    const before = document.title;
    server.routing.offer(QUEUED, 2);
    await card();
    server.goOffline();
    expect(await screen.findByText("Time is up.")).toBeVisible();
    await waitFor(() => expect(document.title).toBe(before));
    await none();
  });

  it("makes way for what can still be accepted", async () => {
    const { server } = await openLive();
    server.routing.offer(QUEUED, 2);
    server.routing.offer("c-00006", 60);
    await waitFor(() => expect(screen.getAllByTestId("offer-more")).toHaveLength(1));
    await waitFor(() => expect(screen.getByTestId("offer")).toHaveAttribute("data-conversation", "c-00006"));
    expect(screen.queryByTestId("offer-more")).toBeNull();
  });
});

it("who goes offline while it rings keeps no card", async () => {
  const { server, client } = openPalabre("/", { signedInAs: SAM });
  await screen.findByText("Up to date");
  server.routing.put({ state: "available", capacity: 5 });
  await waitFor(() => expect(client.getQueryState(["offers"])?.status).toBe("success"));
  const offer = server.routing.offer(QUEUED, 20);
  await card();
  server.routing.put({ state: "offline" });
  server.routing.end(offer.id);
  await none();
  expect(document.title).not.toMatch(/offer/);
});

describe("after the line was cut", () => {
  it("only what is still offered is on the screen", async () => {
    const { server } = await openLive();
    const first = server.routing.offer(QUEUED, 60);
    await card();
    server.goOffline();
    expect(await screen.findByText(/Offline since/)).toBeVisible();
    server.routing.end(first.id);
    server.routing.offer("c-00006", 60);
    server.offline = false;
    window.dispatchEvent(new Event("online"));
    await waitFor(() => expect(screen.getByTestId("offer")).toHaveAttribute("data-conversation", "c-00006"));
    expect(screen.queryByTestId("offer-more")).toBeNull();
  });

  it("and after everything was fetched afresh, too", async () => {
    const { server, client } = await openLive();
    server.routing.offers = [{ ...server.routing.offer(QUEUED, 60) }];
    await card();
    // Ended, and nobody said so: the refetch does.
    server.routing.offers = [];
    for (const socket of server.sockets) socket.say({ type: "reset" });
    await waitFor(() => expect(client.getQueryData<Offer[]>(["offers"])).toEqual([]));
    await none();
  });
});

it("nobody is asked for offers who gets none", async () => {
  const { server } = openPalabre("/", { signedInAs: SAM });
  const asked = vi.spyOn(server, "fetch");
  await screen.findByText("Up to date");
  expect(asked.mock.calls.filter(([address]) => address.includes("/api/offers"))).toEqual([]);
});

it("a screen reader hears an offer once when it comes, and once before it ends", async () => {
  const { server } = await openLive();
  server.routing.offer(QUEUED, 7);
  const said = () => [...document.querySelectorAll("[aria-live=polite]")].map((one) => one.textContent).join(" ");
  await waitFor(() => expect(said()).toMatch(/is offered to you from Général. [5-7] seconds to accept/));
  await waitFor(() => expect(said()).toMatch(/[1-5] seconds? left for the offer of/), { timeout: 7000 });
});

it("a finger that rests on P takes one conversation, not ten", async () => {
  const { server } = await openLive(MINE);
  server.routing.queues[0]!.may_pull = true;
  server.emit({ type: "settings.changed" });
  await screen.findByTestId("next");
  const asked = vi.spyOn(server, "fetch");
  const pulls = () => asked.mock.calls.filter(([address]) => String(address).includes("/next")).length;
  for (let turn = 0; turn < 5; turn++) {
    fireEvent.keyDown(document.body, { key: "p", code: "KeyP", repeat: turn > 0 });
    await read();
  }
  expect(pulls()).toBe(1);
});

it("takes from no queue that others serve", async () => {
  const { server } = await openLive(MINE);
  for (const queue of server.routing.queues) queue.may_pull = true;
  server.routing.foreign = [server.routing.queues[1]!.id];
  server.emit({ type: "settings.changed", kind: "queue" });
  expect(await screen.findByRole("button", { name: /Général/ }, { timeout: 5000 })).toHaveAttribute("data-testid", "next");
});

it("asks for the session again only at settings of which it holds anything", async () => {
  const { server } = await openLive(MINE);
  const asked = vi.spyOn(server, "fetch");
  const sessions = () => asked.mock.calls.filter(([address]) => address === "/api/session").length;
  for (let cell = 0; cell < 5; cell += 1) server.emit({ type: "settings.changed", kind: "agent", object_id: "somebody-else" });
  server.emit({ type: "settings.changed", kind: "list" });
  server.emit({ type: "settings.changed", kind: "agent", object_id: server.me! });
  await waitFor(() => expect(sessions()).toBe(1), { timeout: 5000 });
  server.emit({ type: "settings.changed", kind: "queue" });
  await waitFor(() => expect(sessions()).toBe(2), { timeout: 5000 });
});
