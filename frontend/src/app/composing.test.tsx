import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { openPalabre } from "@/testing/render";

const MINE = "/?view=mine&c=c-00000";
const field = () => screen.findByTestId<HTMLTextAreaElement>("composer-text");
const listed = () => screen.queryAllByTestId("quick-one").map((one) => one.textContent);

describe("canned replies", () => {
  it("are found, read and put in by the keyboard alone, and nothing leaves by itself", async () => {
    const { user, server } = openPalabre(MINE);
    await user.type(await field(), "/");
    await waitFor(() => expect(listed()).toHaveLength(3));
    expect(screen.getByTestId("quick-preview")).toHaveTextContent("Bonjour Ida {agent.name}, ici Awa.");
    await user.keyboard("fête");
    await waitFor(() => expect(listed()).toHaveLength(1));
    expect(screen.getByTestId("quick-cost")).toHaveTextContent("1 SMS");
    expect(screen.getByTestId("composer-text")).toHaveAttribute("aria-activedescendant", screen.getByTestId("quick-one").id);
    await user.keyboard("{Enter}");
    await waitFor(() => expect(screen.getByTestId("composer-text")).toHaveValue("Bonne fête à vous !"));
    expect(server.sent).toEqual([]);
    expect(server.replies.used).toEqual(["canned-fete"]);
    await user.keyboard("{Enter}");
    await waitFor(() => expect(server.sent).toEqual(["Bonne fête à vous !"]));
  });

  it("a name with braces is what somebody is called, and is not expanded again", async () => {
    const { user, server } = openPalabre(MINE);
    await user.type(await field(), "/bienv");
    await screen.findByTestId("quick-preview");
    await user.keyboard("{Enter}");
    await waitFor(() => expect(screen.getByTestId("composer-text")).toHaveValue("Bonjour Ida {agent.name}, ici Awa."));
    expect(screen.queryByTestId("missing")).toBeNull();
    await user.keyboard("{Enter}");
    await waitFor(() => expect(server.sent).toEqual(["Bonjour Ida {agent.name}, ici Awa."]));
  });

  it("what is not known of a person holds the text back until it is written or filled in", async () => {
    const { user, server } = openPalabre(MINE);
    await user.type(await field(), "/agence");
    expect(await screen.findByText("Lacks contact.city")).toBeVisible();
    await user.keyboard("{Enter}");
    const chip = await screen.findByRole("button", { name: /Missing: contact.city/ });
    expect(screen.getByTestId("composer-send")).toBeDisabled();
    await user.click(screen.getByTestId("composer-text"));
    await user.keyboard("{Enter}");
    expect(server.sent).toEqual([]);
    server.replies.values["contact.city"] = "Ganvié";
    await user.click(chip);
    await waitFor(() => expect(screen.getByTestId("composer-text")).toHaveValue("Votre agence est à Ganvié."));
    expect(screen.getByTestId("composer-send")).toBeEnabled();
  });

  it("what is missing is still missing after a reload", async () => {
    const first = openPalabre(MINE);
    await first.user.type(await field(), "/agence");
    await screen.findByText("Lacks contact.city");
    await first.user.keyboard("{Enter}");
    await screen.findByTestId("missing");
    window.dispatchEvent(new Event("pagehide"));
    first.unmount();
    openPalabre(MINE);
    expect(await field()).toHaveValue("Votre agence est à {contact.city}.");
    expect(await screen.findByTestId("missing")).toBeVisible();
    expect(screen.getByTestId("composer-send")).toBeDisabled();
  });

  it("Escape closes the list, and the next Enter sends what was written", async () => {
    const { user, server } = openPalabre(MINE);
    await user.type(await field(), "/bienv");
    await screen.findByTestId("quick-preview");
    await user.keyboard("{Escape}");
    expect(screen.queryByTestId("quick")).toBeNull();
    await user.keyboard("{Enter}");
    await waitFor(() => expect(server.sent).toEqual(["/bienv"]));
  });

  it("a text is kept as one, and what is wrong with it is said at its field", async () => {
    const { user, server } = openPalabre(MINE);
    await user.type(await field(), "À demain");
    await user.click(screen.getByTestId("composer-menu"));
    await user.click(screen.getByRole("menuitem", { name: /Save this text/ }));
    await user.type(screen.getByLabelText(/Shortcut/), "fete");
    await user.type(screen.getByLabelText("Title"), "Demain");
    await user.click(screen.getByTestId("own-reply-save"));
    expect(await screen.findByText("Another reply has this shortcut.")).toBeVisible();
    await user.clear(screen.getByLabelText(/Shortcut/));
    await user.type(screen.getByLabelText(/Shortcut/), "demain");
    await user.click(screen.getByTestId("own-reply-save"));
    await waitFor(() => expect(server.replies.items.at(-1)).toMatchObject({ scope: "personal", shortcut: "demain" }));
    expect(server.sent).toEqual([]);
    expect(screen.getByTestId("composer-text")).toHaveValue("À demain");
    expect(server.replies.items.at(-1)!.fr + server.replies.items.at(-1)!.en).toBe("À demain");
  });
});

describe("emoji", () => {
  it("say what they cost before they are put in", async () => {
    const { user } = openPalabre(MINE);
    await user.type(await field(), "Merci :pouc");
    await waitFor(() => expect(listed().length).toBeGreaterThan(0));
    expect(screen.getByTestId("quick-cost")).toHaveTextContent("Unicode");
    await user.keyboard("{Enter}");
    await waitFor(() => expect(screen.getByTestId("composer-text")).toHaveValue("Merci 👍"));
  });

  it("are nowhere in times and smileys", async () => {
    const { user } = openPalabre(MINE);
    await user.type(await field(), "À 10:30 :) Note : oui");
    expect(screen.queryByTestId("quick")).toBeNull();
  });
});

describe("notes", () => {
  it("no sequence of modes, keys and clicks makes an SMS of what was written as a note", async () => {
    const { user, server } = openPalabre(MINE);
    await user.type(await field(), "Réponse");
    await user.click(screen.getByTestId("mode-note"));
    expect(screen.getByTestId("composer-text")).toHaveValue("");
    await user.type(screen.getByTestId("composer-text"), "Secret");
    for (const turn of ["mode-reply", "mode-note", "mode-reply"]) {
      await user.click(screen.getByTestId(turn));
      expect(screen.getByTestId("composer-text")).toHaveValue(turn === "mode-note" ? "Secret" : "Réponse");
    }
    await user.keyboard("{Escape}r");
    await user.type(screen.getByTestId("composer-text"), "{Enter}{Enter}");
    await waitFor(() => expect(server.sent).toEqual(["Réponse"]));
    await user.click(screen.getByTestId("composer-text"));
    await user.keyboard("{Enter}");
    fireEvent.submit(screen.getByTestId("composer-text").closest("form")!);
    await user.click(screen.getByTestId("mode-note"));
    expect(screen.getByTestId("composer-text")).toHaveValue("Secret");
    await user.click(screen.getByTestId("composer-send"));
    await waitFor(() => expect(screen.getAllByTestId("message").at(-1)).toHaveAttribute("data-kind", "note"));
    expect(server.sent).toEqual(["Réponse"]);
  });

  it("another conversation begins with the answer, whatever was written here", async () => {
    const { user } = openPalabre(MINE);
    await user.type(await field(), "Réponse");
    await user.click(screen.getByTestId("mode-note"));
    await user.type(screen.getByTestId("composer-text"), "Secret");
    const row = (id: string) => screen.findAllByTestId("conversation-row").then((all) => all.find((one) => one.dataset.conversation === id)!);
    await user.click(await row("c-00001"));
    await waitFor(() => expect(screen.getByTestId("composer-text")).toHaveValue(""));
    expect(screen.getByTestId("composer-text").closest("form")).toHaveAttribute("data-mode", "reply");
    await user.click(await row("c-00000"));
    await waitFor(() => expect(screen.getByTestId("composer-text")).toHaveValue("Réponse"));
    expect(screen.getByText("(A note has been begun)")).toBeInTheDocument();
  });

  it("offer no canned reply and no time to leave", async () => {
    const { user } = openPalabre(MINE);
    await user.click(await screen.findByTestId("mode-note"));
    await user.type(screen.getByTestId("composer-text"), "/bienv");
    expect(screen.queryByTestId("quick")).toBeNull();
    await user.click(screen.getByTestId("composer-menu"));
    expect(screen.getAllByRole("menuitem")).toHaveLength(1);
  });
});

describe("drafts", () => {
  it("are on the server after a pause, and here again in a browser that has nothing", async () => {
    const { user, server, unmount } = openPalabre(MINE);
    await user.type(await field(), "À finir");
    await waitFor(() => expect(server.replies.drafts.get("reply c-00000")?.text).toBe("À finir"), { timeout: 4000 });
    unmount();
    localStorage.clear();
    sessionStorage.clear();
    const again = openPalabre(MINE);
    again.server.replies.drafts = server.replies.drafts;
    window.dispatchEvent(new Event("online"));
    await waitFor(async () => expect(await field()).toHaveValue("À finir"), { timeout: 4000 });
  });

  it("leave the server when they are sent", async () => {
    const { user, server } = openPalabre(MINE);
    await user.type(await field(), "Voilà");
    await waitFor(() => expect(server.replies.drafts.get("reply c-00000")?.text).toBe("Voilà"), { timeout: 4000 });
    await user.keyboard("{Enter}");
    await waitFor(() => expect(server.replies.drafts.get("reply c-00000")?.text).toBe(""), { timeout: 4000 });
  });

  it("what was begun before the line was cut, and sent while it was, does not come back", async () => {
    const { user, server } = openPalabre(MINE);
    await user.type(await field(), "Je re");
    await waitFor(() => expect(server.replies.drafts.get("reply c-00000")?.text).toBe("Je re"), { timeout: 4000 });
    server.goOffline();
    await user.type(await field(), "garde{Enter}");
    await new Promise((done) => setTimeout(done, 1500)); // longer than the pause that saves
    server.offline = false;
    window.dispatchEvent(new Event("online"));
    await waitFor(() => expect(server.sent).toEqual(["Je regarde"]), { timeout: 8000 });
    await waitFor(() => expect(server.replies.drafts.get("reply c-00000")?.text).toBe(""), { timeout: 4000 });
    expect(await field()).toHaveValue("");
  });

  it("what another browser has written stands beside it until he chooses", async () => {
    const { user, server } = openPalabre(MINE);
    await field();
    server.replies.writesElsewhere("c-00000", "À la maison");
    await user.type(await field(), "Au bureau");
    const bar = await screen.findByTestId("draft-elsewhere", {}, { timeout: 4000 });
    expect(within(bar).getByText("À la maison")).toBeVisible();
    expect(screen.getByTestId("composer-text")).toHaveValue("Au bureau");
    await user.click(screen.getByTestId("draft-take"));
    await waitFor(() => expect(screen.getByTestId("composer-text")).toHaveValue("À la maison"));
    expect(screen.queryByTestId("draft-elsewhere")).toBeNull();
  });
});

describe("a text for later", () => {
  it("stands at the end of the thread until it leaves, and is given up by a press", async () => {
    const { user, server } = openPalabre(MINE);
    await user.type(await field(), "À demain");
    await user.click(screen.getByTestId("composer-menu"));
    await user.click(screen.getByRole("menuitem", { name: /Send later/ }));
    await user.click(screen.getByTestId("plan-save"));
    const one = await screen.findByTestId("scheduled-one");
    expect(one).toHaveTextContent("À demain");
    expect(screen.getByTestId("composer-text")).toHaveValue("");
    expect(server.sent).toEqual([]);
    await user.click(within(one).getByRole("button", { name: "Give it up" }));
    await waitFor(() => expect(screen.queryByTestId("scheduled-one")).toBeNull());
  });
});
