import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { KOFFI, SAM } from "@/testing/cast";
import { openPalabre } from "@/testing/render";

const rows = () => screen.findAllByTestId("conversation-row");
const messages = (kind?: string) =>
  within(screen.getByTestId("thread"))
    .getAllByTestId("message")
    .filter((one) => kind === undefined || one.dataset.kind === kind);
const lastMessage = () => messages().at(-1)!;
const MINE = "/?view=mine&c=c-00000";
const QUEUED = "/?view=queue&c=c-00005";

describe("signing in", () => {
  it("one click opens the demonstration's desk", async () => {
    const { user, server } = openPalabre("/", { signedInAs: null });
    await user.click((await screen.findAllByTestId("demo-person")).find((one) => one.dataset.email === "koffi@savane.example")!);
    await screen.findByTestId("presence");
    expect(server.me).toBe(KOFFI);
  });

  it("a wrong password is explained in words", async () => {
    const { user } = openPalabre("/sign-in", { signedInAs: null });
    await user.type(await screen.findByTestId("sign-in-email"), "nobody@savane.example");
    await user.type(screen.getByTestId("sign-in-password"), "x");
    await user.click(screen.getByTestId("sign-in-submit"));
    expect(await screen.findByText(/do not go together/)).toBeVisible();
  });

  it("a session that ended elsewhere shows the sign-in screen", async () => {
    const { server } = openPalabre(MINE);
    await screen.findByTestId("thread");
    server.me = null;
    for (const socket of server.sockets) socket.shut(4401);
    expect(await screen.findByTestId("sign-in-submit")).toBeVisible();
  });
});

describe("the list", () => {
  it("shows who waits longest first, and the light says up to date", async () => {
    openPalabre("/?view=queue");
    const names = (await rows()).map((row) => row.dataset.conversation);
    expect(names).toEqual(["c-00006", "c-00005", "c-00007"]);
    await waitFor(() => expect(screen.getByTestId("connection")).toHaveAttribute("data-state", "live"));
    expect(screen.getByTestId("connection")).toHaveTextContent("Up to date");
  });

  it("shows a conversation that has just arrived, without a reload", async () => {
    const { server } = openPalabre("/?view=mine");
    await rows();
    await screen.findByText("Up to date");
    const one = server.conversation("c-00005");
    one.row = { ...one.row, status: "open", owner_id: server.me, revision: 9 };
    server.receive("c-00005", "Allo ?");
    await waitFor(() => expect(screen.getByText("Allo ?")).toBeVisible());
  });

  it("draws a window of a thousand rows, not a thousand rows", async () => {
    openPalabre("/?view=all", { scenario: "thousand" });
    expect((await rows()).length).toBeLessThan(40);
  });

  it("says what is empty, and what failed", async () => {
    openPalabre("/?view=queue", { scenario: "empty" });
    expect(await screen.findByText("Nobody is waiting")).toBeVisible();
  });

  it("offers to try again when the server failed", async () => {
    const { server, user } = openPalabre("/?view=mine", { scenario: "error" });
    const again = await screen.findByRole("button", { name: "Try again" }, { timeout: 5000 });
    server.broken = false;
    await user.click(again);
    expect((await rows()).length).toBeGreaterThan(0);
  });
});

describe("answering", () => {
  it("a text is shown at once and moves to delivered", async () => {
    const { user, server } = openPalabre(MINE);
    await user.type(await screen.findByTestId("composer-text"), "Bonus versé.{Enter}");
    expect(lastMessage()).toHaveTextContent("Bonus versé.");
    await waitFor(() => expect(lastMessage()).toHaveAttribute("data-status", "sent"), { timeout: 3000 });
    await waitFor(() => expect(lastMessage()).toHaveAttribute("data-status", "delivered"), { timeout: 3000 });
    expect(server.sent).toEqual(["Bonus versé."]);
    expect(screen.getByTestId("composer-text")).toHaveValue("");
  });

  it("an Enter storm is one text", async () => {
    const { user, server } = openPalabre(MINE);
    await user.type(await screen.findByTestId("composer-text"), "Une fois{Enter}{Enter}{Enter}");
    await user.click(screen.getByTestId("composer-send"));
    await waitFor(() => expect(server.sent).toEqual(["Une fois"]));
  });

  it("a text written offline waits, says so, and leaves once", async () => {
    const { user, server } = openPalabre(MINE);
    const field = await screen.findByTestId("composer-text");
    await screen.findByText("Up to date");
    server.goOffline();
    expect(await screen.findByText(/Offline since/)).toBeVisible();
    await user.type(field, "Je reviens{Enter}");
    expect(await screen.findByText(/Waiting for the connection/)).toBeVisible();
    expect(lastMessage()).toHaveAttribute("data-status", "waiting");
    server.offline = false;
    window.dispatchEvent(new Event("online"));
    await waitFor(() => expect(lastMessage()).toHaveAttribute("data-status", "delivered"), { timeout: 6000 });
    expect(server.sent).toEqual(["Je reviens"]);
    expect(screen.getByTestId("connection")).toHaveAttribute("data-state", "live");
  });

  it("what happened while the line was cut is there when it returns", async () => {
    const { server } = openPalabre(MINE);
    await screen.findByText("Up to date");
    server.goOffline();
    server.receive("c-00000", "Vous êtes là ?");
    server.offline = false;
    window.dispatchEvent(new Event("online"));
    await waitFor(() => expect(lastMessage()).toHaveTextContent("Vous êtes là ?"));
  });

  it("a note never becomes a text", async () => {
    const { user, server } = openPalabre(MINE);
    await screen.findByTestId("composer-text");
    await user.keyboard("n");
    await user.type(screen.getByTestId("composer-text"), "Vu avec Koffi{Enter}");
    await waitFor(() => expect(lastMessage()).toHaveAttribute("data-kind", "note"));
    await user.keyboard("Et à rappeler{Enter}");
    await waitFor(() => expect(lastMessage()).toHaveTextContent("Et à rappeler"));
    expect(lastMessage()).toHaveAttribute("data-kind", "note");
    expect(server.sent).toEqual([]);
  });

  it("counts segments and offers the saving", async () => {
    const { user } = openPalabre(MINE);
    const field = await screen.findByTestId("composer-text");
    await user.click(field);
    await user.paste(`${"Bonjour, votre bonus arrive. ".repeat(3)}Bonne fête`);
    expect(screen.getByTestId("segment-counter")).toHaveTextContent("97/134 · 2 SMS · Unicode");
    await user.click(screen.getByTestId("segment-saving"));
    expect(screen.getByTestId("segment-counter")).toHaveTextContent("97/160 · 1 SMS · GSM-7");
  });

  it("keeps a draft per conversation, and marks it in the list", async () => {
    const { user } = openPalabre(MINE);
    await user.type(await screen.findByTestId("composer-text"), "À finir");
    const other = (await rows()).find((row) => row.dataset.conversation === "c-00001")!;
    await user.click(other);
    await waitFor(() => expect(screen.getByTestId("composer-text")).toHaveValue(""));
    const first = (await rows()).find((row) => row.dataset.conversation === "c-00000")!;
    expect(first).toHaveTextContent("À finir");
    await user.click(first);
    await waitFor(() => expect(screen.getByTestId("composer-text")).toHaveValue("À finir"));
  });
});

describe("owning a conversation", () => {
  it("T takes it from the queue, and the composer then answers", async () => {
    const { user, server } = openPalabre(QUEUED);
    await screen.findByTestId("take");
    await user.keyboard("t");
    await waitFor(() => expect(screen.queryByTestId("take")).toBeNull());
    await user.type(screen.getByTestId("composer-text"), "Bonjour{Enter}");
    await waitFor(() => expect(server.sent).toEqual(["Bonjour"]));
  });

  it("what is typed right behind T is the answer, from its first letter", async () => {
    const { user, server } = openPalabre(QUEUED);
    await screen.findByTestId("take");
    server.options.latency = 3000;
    await user.keyboard("tBonne idée");
    expect(screen.getByTestId("composer-text")).toHaveValue("Bonne idée");
    expect(server.conversation("c-00005").row.status).toBe("queued");
    await waitFor(() => expect(screen.queryByTestId("take")).toBeNull());
    await user.keyboard("{Enter}");
    await waitFor(() => expect(server.sent).toEqual(["Bonne idée"]));
  });

  it("nothing leaves before the conversation is his, and nothing at all when a colleague was faster", async () => {
    const { user, server } = openPalabre(QUEUED);
    await screen.findByTestId("take");
    const one = server.conversation("c-00005");
    one.row = { ...one.row, status: "open", owner_id: KOFFI };
    server.options.latency = 600;
    await user.keyboard("tBonjour{Enter}");
    expect(await screen.findByText(/Koffi Mensah has just taken it/)).toBeVisible();
    expect(screen.getByTestId("composer-text")).toHaveValue("Bonjour");
    expect(screen.getByTestId("composer-text").closest("form")).toHaveAttribute("data-mode", "note");
    expect(server.sent).toEqual([]);
  });

  it("a note begun while it was the bot's stays a note when he takes it", async () => {
    const { user, server } = openPalabre("/?view=all&c=c-00009");
    await screen.findByTestId("take");
    await user.type(screen.getByTestId("composer-text"), "Client pressé");
    await user.click(screen.getByTestId("take"));
    await waitFor(() => expect(screen.queryByTestId("take")).toBeNull());
    await user.keyboard("{Enter}");
    await waitFor(() => expect(lastMessage()).toHaveAttribute("data-kind", "note"));
    expect(server.sent).toEqual([]);
  });

  it("a field with the focus keeps its mode when routing gives him the conversation", async () => {
    const { server, user } = openPalabre(QUEUED);
    const field = await screen.findByTestId("composer-text");
    await screen.findByText("Up to date");
    await user.click(field);
    const one = server.conversation("c-00005");
    one.row = { ...one.row, status: "open", owner_id: server.me, revision: 9 };
    server.receive("c-00005", "Allo ?");
    await waitFor(() => expect(screen.queryByTestId("take")).toBeNull());
    await user.keyboard("Client pressé{Enter}");
    await waitFor(() => expect(lastMessage()).toHaveAttribute("data-kind", "note"));
    expect(server.sent).toEqual([]);
  });

  it("while the bot has it, only notes can be written", async () => {
    const { user, server } = openPalabre("/?view=all&c=c-00009");
    await screen.findByTestId("take");
    await user.type(screen.getByTestId("composer-text"), "Je regarde{Enter}");
    await waitFor(() => expect(lastMessage()).toHaveAttribute("data-kind", "note"));
    expect(server.sent).toEqual([]);
  });

  it("says who was faster", async () => {
    const { user, server } = openPalabre(QUEUED);
    await screen.findByTestId("take");
    const one = server.conversation("c-00005");
    one.row = { ...one.row, status: "open", owner_id: KOFFI };
    await user.click(screen.getByTestId("take"));
    expect(await screen.findByText(/Koffi Mensah has just taken it/)).toBeVisible();
  });

  it("E closes it, but not while a text is being written", async () => {
    const { user, server } = openPalabre(MINE);
    await user.type(await screen.findByTestId("composer-text"), "e");
    expect(server.conversation("c-00000").row.status).toBe("open");
    await user.keyboard("{Escape}e");
    await waitFor(() => expect(server.conversation("c-00000").row.status).toBe("closed"));
    expect(await screen.findByText(/a new conversation opens/)).toBeVisible();
  });

  it("J and Enter open the first of the list, from the keyboard alone", async () => {
    const { user } = openPalabre("/?view=mine");
    await rows();
    await user.keyboard("j{Enter}");
    expect(await screen.findByTestId("thread")).toBeVisible();
  });
});

describe("who oversees", () => {
  it("has neither a state nor a load, and lands on all conversations", async () => {
    openPalabre("/", { signedInAs: SAM });
    await rows();
    expect(screen.queryByTestId("presence")).toBeNull();
    expect(screen.getByTestId("tab-all")).toHaveAttribute("aria-selected", "true");
  });
});

describe("an observer", () => {
  it("sees that things happen, and can touch nothing", async () => {
    const { server, user } = openPalabre("/", { observer: true });
    const first = (await rows())[0]!;
    expect(first).toHaveTextContent("Text hidden from you");
    expect(screen.queryByTestId("presence")).toBeNull();
    expect(screen.queryByTestId("tab-mine")).toBeNull();
    await user.click(first);
    await screen.findByTestId("thread");
    await user.keyboard("t");
    expect(screen.queryByTestId("composer-text")).toBeNull();
    expect(screen.queryByTestId("take")).toBeNull();
    expect(server.events).toEqual([]);
  });
});
