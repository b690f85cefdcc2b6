import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { openPalabre } from "@/testing/render";

const MINE = "/?view=mine&c=c-00000";
const gif = (name: string, more = 0) => new File([`GIF89a${"x".repeat(more)}`], name, { type: "image/gif" });
const chosen = () => screen.findByTestId<HTMLInputElement>("attach-file");

function recorded() {
  const asked: { path: string; body: Record<string, unknown> }[] = [];
  const real = window.fetch;
  window.fetch = (input, init) => {
    asked.push({ path: String(input), body: typeof init?.body === "string" ? (JSON.parse(init.body) as Record<string, unknown>) : {} });
    return real(input, init);
  };
  return asked;
}

describe("attaching a picture", () => {
  it("is not offered where the line only texts", async () => {
    openPalabre(MINE);
    await screen.findByTestId("composer-text");
    expect(screen.queryByTestId("attach-file")).toBeNull();
  });

  it("sends it in pieces, and then with the words", async () => {
    const { user, server } = openPalabre(MINE, { attachments: true });
    const asked = recorded();
    await user.upload(await chosen(), gif("plan.gif", 600_000));
    expect(await screen.findByText("plan.gif: ready")).toBeVisible();
    expect(server.attachments.pieces).toEqual([0, 524_288]);
    await user.type(screen.getByTestId("composer-text"), "Voici le plan");
    await user.click(screen.getByTestId("composer-send"));
    await waitFor(() => expect(server.sent).toContain("Voici le plan"));
    const answer = asked.find(({ path }) => path.endsWith("/messages") && !path.includes("?"))!;
    expect(answer.body.attachments).toEqual(["draft-1"]);
    expect(screen.queryByTestId("attached")).toBeNull();
  });

  it("may go without words, and says why a file cannot", async () => {
    const { user } = openPalabre(MINE, { attachments: true });
    await user.upload(await chosen(), new File(["MZ nothing to look at"], "virus.gif", { type: "image/gif" }));
    expect(await screen.findByText("virus.gif: This kind of file cannot be sent on this line.")).toBeVisible();
    expect(screen.getByTestId("composer-send")).toBeDisabled();
    await user.click(within(screen.getByTestId("attached")).getByRole("button", { name: "Remove virus.gif" }));
    await user.upload(await chosen(), gif("a.gif"));
    await screen.findByText("a.gif: ready");
    expect(screen.getByTestId("composer-send")).toBeEnabled();
  });

  it("counts and weighs before it sends", async () => {
    const { user, server } = openPalabre(MINE, { attachments: true });
    await user.upload(await chosen(), [gif("1.gif"), gif("2.gif"), gif("3.gif")]);
    expect(await screen.findByText("3.gif: at most 2 with one message")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Remove 3.gif" }));
    await user.click(screen.getByRole("button", { name: "Remove 2.gif" }));
    await user.upload(await chosen(), gif("film.gif", 5_000_000));
    expect(await screen.findByText("film.gif: at most 5 MB together")).toBeVisible();
    await waitFor(() => expect(server.attachments.drafts.size).toBe(1));
  });

  it("stays with an answer that is written anew because it did not leave", async () => {
    const { user, server } = openPalabre(MINE, { attachments: true });
    await user.upload(await chosen(), gif("a.gif"));
    await screen.findByText("a.gif: ready");
    await user.type(screen.getByTestId("composer-text"), "Voici");
    server.refuses = true;
    await user.click(screen.getByTestId("composer-send"));
    await user.click(await screen.findByRole("button", { name: "Edit" }));
    expect(await screen.findByText("📎: ready")).toBeVisible();
    expect(screen.getByTestId("composer-text")).toHaveValue("Voici");
  });
});
