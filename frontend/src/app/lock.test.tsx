/** A desk at which nobody is covers itself, and opens again for who shows that he is its owner. */
import { act, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { announceLocked, ApiError, onProofAsked, post } from "@/api/fetch";
import { setLocked } from "@/features/session/lock";
import { strengthOf } from "@/features/session/PasswordField";
import { AWA } from "@/testing/cast";
import { PASSWORD } from "@/testing/fakeSecurity";
import { openPalabre } from "@/testing/render";

afterEach(() => {
  vi.useRealTimers();
  setLocked(false);
});

it("covers the whole desk, says nothing in the title, and opens with the password alone", async () => {
  const { server, user } = openPalabre("/", { signedInAs: AWA });
  await screen.findByTestId("user-menu", undefined, { timeout: 5000 });
  server.security.locked = true;
  act(() => announceLocked());
  const field = await screen.findByLabelText("Password");
  expect(screen.queryByTestId("user-menu")).toBeNull();
  expect(document.title).toBe("Palabre");
  await user.type(field, "faux");
  await user.click(screen.getByTestId("prove"));
  expect(await screen.findByText("Ce n’est pas votre mot de passe.")).toBeTruthy();
  expect(screen.queryByTestId("user-menu")).toBeNull();
  await user.clear(field);
  await user.type(field, PASSWORD);
  await user.click(screen.getByTestId("prove"));
  expect(await screen.findByTestId("user-menu", undefined, { timeout: 5000 })).toBeTruthy();
});

it("is covered by its own clock once nobody has touched anything, in no tab, and tells the server", async () => {
  const { server } = openPalabre("/", { signedInAs: AWA });
  server.security.idleS = 2;
  await waitFor(() => expect(screen.queryByTestId("locked")).not.toBeNull(), { timeout: 8000 });
  expect(server.security.locked).toBe(true);
  server.security.locked = false;
});

it("hears of the lock from another tab of this browser, and of its end", async () => {
  openPalabre("/", { signedInAs: AWA });
  await screen.findByTestId("user-menu", undefined, { timeout: 5000 });
  act(() => void window.dispatchEvent(new StorageEvent("storage", { key: "palabre.lock", newValue: "1 1" })));
  expect(screen.queryByTestId("locked")).not.toBeNull();
  act(() => void window.dispatchEvent(new StorageEvent("storage", { key: "palabre.lock", newValue: "0 2" })));
  expect(await screen.findByTestId("user-menu")).toBeTruthy();
});

it("asks once for a proof and sends the same again, not a third time", async () => {
  const answers = [403, 403];
  const sent: string[] = [];
  vi.stubGlobal("fetch", (path: string) => {
    sent.push(path);
    return Promise.resolve(new Response(JSON.stringify({ error: { code: "prove_again", message: "again" } }), { status: answers.shift() ?? 200 }));
  });
  const asked = vi.fn(() => Promise.resolve(true));
  onProofAsked(asked);
  await expect(post("/api/admin/users", {})).rejects.toBeInstanceOf(ApiError);
  expect(sent).toHaveLength(2);
  expect(asked).toHaveBeenCalledOnce();
  onProofAsked(() => Promise.resolve(false));
  answers.push(403);
  await expect(post("/api/admin/users", {})).rejects.toMatchObject({ code: "prove_again" });
  expect(sent).toHaveLength(3);
  onProofAsked(null);
  vi.unstubAllGlobals();
});

it("says in a word how long a password is", () => {
  expect(["court", "douze lettre", "quatre mots sans", "quatre mots sans rapport"].map(strengthOf)).toEqual(["short", "fair", "good", "strong"]);
});
