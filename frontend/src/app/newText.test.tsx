import { cleanup, screen, waitFor, within } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import { forgetDrafts } from "@/features/conversation/drafts";
import { AWA, LINES } from "@/testing/cast";
import type { FakeServer } from "@/testing/fakeServer";
import { openPalabre } from "@/testing/render";

const open = async (options: Parameters<typeof openPalabre>[1] = {}) => {
  const palabre = openPalabre("/?view=mine", options);
  await screen.findAllByTestId("conversation-row");
  await palabre.user.click(screen.getByTestId("compose"));
  await screen.findByTestId("new-text");
  return palabre;
};
const to = () => screen.getByTestId("new-text-to");
const words = () => screen.getByTestId("new-text-text");
const send = () => screen.getByTestId("new-text-send");
const numbers = () => screen.findAllByTestId("new-text-number");
const draft = (): { text: string } | null => JSON.parse(localStorage.getItem(`palabre.draft.${AWA}.new`) ?? "null");
const line = { ...LINES[0]! };
afterEach(() => void Object.assign(LINES[0]!, line));

/** The next text is refused, and nothing of it is kept. */
function answers(server: FakeServer, status: number, code: string): void {
  const real = server.fetch.bind(server);
  server.fetch = async (input, init) => {
    if (!input.endsWith("/api/texts")) return real(input, init);
    return new Response(JSON.stringify({ error: { code, message: code } }), { status });
  };
}

/** Asked once, stored, and the answer was lost. */
async function uncertain(text: string) {
  const palabre = await open();
  const { user, server } = palabre;
  await user.selectOptions(screen.getByTestId("new-text-line"), LINES[0]!.id);
  await user.type(to(), "0197454545");
  await user.type(words(), text);
  await numbers();
  const real = server.fetch.bind(server);
  server.fetch = async (input, init) => {
    const answer = await real(input, init);
    if (input.endsWith("/api/texts")) throw new TypeError("Failed to fetch");
    return answer;
  };
  await user.click(send());
  await screen.findByText(/it may have been sent/);
  server.fetch = real;
  return palabre;
}

describe("a new message", () => {
  it("opens by a key, leaves for one number, and shows its conversation", async () => {
    const { user, server } = openPalabre("/?view=mine");
    await screen.findAllByTestId("conversation-row");
    await user.keyboard("c");
    await user.type(await screen.findByTestId("new-text-to"), "01 97 45 45 45");
    await user.type(words(), "Votre puce est prête");
    await waitFor(() => expect(send()).toHaveTextContent("Send to 1 number"));
    expect(screen.getByTestId("new-text-keep")).toBeChecked();
    await user.click(send());
    await waitFor(() => expect(screen.queryByTestId("new-text")).toBeNull());
    expect(server.sent).toEqual(["+2290197454545: Votre puce est prête"]);
    expect(window.location.search).toContain("c=c-00000");
  });

  it("says of each number what it is, what counts once, and who gets nothing", async () => {
    const { user } = await open();
    await user.type(to(), "0197454545, +229 01 97 45 45 45; abc\n0197000013");
    expect((await numbers()).map((one) => one.dataset.refusal)).toEqual(["", "not_a_number", "opted_out"]);
    expect(screen.getByText(/3 numbers · 1 was there twice and counts once · 2 will get nothing/)).toBeVisible();
    expect(screen.getByText("Wants no more texts")).toBeVisible();
    expect(screen.getByTestId("new-text-keep")).not.toBeChecked();
    await user.type(words(), "Bonjour");
    await user.click(within((await numbers())[1]!).getByRole("button"));
    await waitFor(async () => expect(await numbers()).toHaveLength(2));
    await waitFor(() => expect(send()).toHaveTextContent("Send to 1 number"));
  });

  it("counts what all of them cost", async () => {
    const { user } = await open();
    await user.type(to(), "0197454545,0197454546,0197454547");
    await user.type(words(), "a".repeat(161));
    await numbers();
    await waitFor(() => expect(screen.getByTestId("new-text-total")).toHaveTextContent("3 numbers: 6 SMS"));
  });

  it("tells who got it and who did not, and why", async () => {
    const { user, server } = await open();
    await user.type(to(), "0197454545, 0197000013");
    await user.type(words(), "Bonjour");
    await numbers();
    await user.click(send());
    const outcomes = await screen.findAllByTestId("new-text-outcome");
    expect(outcomes.map((one) => [one.dataset.state, one.dataset.refusal])).toEqual([["refused", "opted_out"], ["sent", ""]]);
    expect(screen.getByText("1 message is on its way · 1 was not sent")).toBeVisible();
    expect(server.sent).toEqual(["+2290197454545: Bonjour"]);
    await user.click(screen.getByRole("button", { name: "Another message" }));
    expect(to()).toHaveValue("");
  });

  it("is sent once, though the answer was lost and it is asked again", async () => {
    const { user, server } = await open();
    await user.type(to(), "0197454545");
    await user.type(words(), "Une fois");
    await numbers();
    const real = server.fetch.bind(server);
    let lost = 0;
    server.fetch = async (input, init) => {
      const answer = await real(input, init);
      if (String(input).endsWith("/api/texts") && lost++ === 0) throw new TypeError("Failed to fetch");
      return answer;
    };
    await user.click(send());
    expect(await screen.findByText(/nothing leaves twice/)).toBeVisible();
    expect(words()).toBeDisabled();
    await user.click(screen.getByRole("button", { name: "Cancel" }));
    await user.click(screen.getByTestId("compose"));
    await user.click(await screen.findByRole("button", { name: "Try again" }));
    await waitFor(() => expect(screen.queryByTestId("new-text")).toBeNull());
    expect(server.sent).toEqual(["+2290197454545: Une fois"]);
  });

  it("is sent once, though the first answer was lost and whoever asked was signed out before the second", async () => {
    const { user, server } = await uncertain("Une fois");
    server.me = null;
    await user.click(screen.getByRole("button", { name: "Try again" }));
    await screen.findByTestId("sign-in-submit");
    expect(JSON.parse(draft()!.text).clientId).toBeTruthy();
    server.me = AWA;
    cleanup();
    const again = openPalabre("/?view=mine");
    again.server.fetch = server.fetch.bind(server);
    await screen.findAllByTestId("conversation-row");
    await again.user.click(screen.getByTestId("compose"));
    await again.user.click(await screen.findByRole("button", { name: "Try again" }));
    await waitFor(() => expect(screen.queryByTestId("new-text")).toBeNull());
    expect(server.sent).toEqual(["+2290197454545: Une fois"]);
  });

  it("is asked again to the letter, though its line spares signs or is off by now", async () => {
    const long = "L’été".repeat(20); // two parts as it is written, one when it spares
    const { user, server } = await uncertain(long);
    Object.assign(LINES[0]!, { saver: "always", is_enabled: false });
    cleanup();
    const again = openPalabre("/?view=mine");
    again.server.fetch = server.fetch.bind(server);
    await screen.findAllByTestId("conversation-row");
    await user.click(screen.getByTestId("compose"));
    expect(await screen.findByTestId("new-text-line")).toHaveValue(LINES[0]!.id);
    await user.click(await screen.findByRole("button", { name: "Try again" }));
    await waitFor(() => expect(screen.queryByTestId("new-text")).toBeNull());
    expect(server.sent).toEqual([`+2290197454545: ${long}`]);
  });

  it("stays the same request when another try is refused, until it is discarded", async () => {
    const { user, server } = await uncertain("Une fois");
    answers(server, 409, "line_off");
    await user.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByText(/An earlier try may have been sent/)).toBeVisible();
    expect(words()).toBeDisabled();
    await user.click(screen.getByRole("button", { name: "Discard" }));
    expect(words()).toHaveValue("");
    expect(words()).toBeEnabled();
    await waitFor(() => expect(draft()).toBeNull());
  });

  it.each([
    [429, "too_many_texts", true], [422, "too_long", true], [409, "conflict", false], [403, "csrf", false], [422, "key_used", false],
  ])("after a first refusal %i %s may be changed: %s", async (status, code, free) => {
    const { user, server } = await open();
    await user.type(to(), "0197454545");
    await user.type(words(), "Bonjour");
    await numbers();
    answers(server, status, code);
    await user.click(send());
    await screen.findByText(new RegExp(code));
    if (free) expect(words()).toBeEnabled();
    else expect(words()).toBeDisabled();
  });

  it("is kept with its key before it leaves", async () => {
    const { user, server } = await open();
    await user.type(to(), "0197454545");
    await user.type(words(), "Bonjour");
    await numbers();
    const real = server.fetch.bind(server);
    const kept: unknown[] = [];
    server.fetch = (input, init) => {
      if (input.endsWith("/api/texts")) kept.push(JSON.parse(String(init!.body)).client_id, JSON.parse(draft()!.text).clientId);
      return real(input, init);
    };
    await user.click(send());
    await waitFor(() => expect(server.sent).toHaveLength(1));
    expect(kept[0]).toBe(kept[1]);
  });

  it("does not come back when its refusal comes after it was closed and forgotten", async () => {
    const { user, server } = await open();
    await user.type(to(), "0197454545");
    await user.type(words(), "Bonjour");
    await numbers();
    const real = server.fetch.bind(server);
    let answer = () => {};
    const asked = new Promise<void>((done) => (answer = done));
    server.fetch = async (input, init) => {
      if (!input.endsWith("/api/texts")) return real(input, init);
      await asked;
      return new Response(JSON.stringify({ error: { code: "too_long", message: "" } }), { status: 422 });
    };
    await user.click(send());
    await user.click(screen.getByRole("button", { name: "Cancel" }));
    forgetDrafts();
    localStorage.clear();
    answer();
    // Longer than the timer that saves a draft.
    await new Promise((done) => setTimeout(done, 400));
    expect(draft()).toBeNull();
  });

  it("opens no conversation when its answer comes after it was closed", async () => {
    const { user, server } = await open();
    await user.type(to(), "0197454545");
    await user.type(words(), "Bonjour");
    await numbers();
    const real = server.fetch.bind(server);
    let answer = () => {};
    const asked = new Promise<void>((done) => (answer = done));
    server.fetch = async (input, init) => {
      if (input.endsWith("/api/texts")) await asked;
      return real(input, init);
    };
    await user.click(send());
    await user.click(screen.getByRole("button", { name: "Cancel" }));
    answer();
    await waitFor(() => expect(draft()).toBeNull());
    expect(window.location.search).not.toContain("c=c-00000");
  });

  it("counts the numbers that stand there, not those that stood there a moment ago", async () => {
    const { user, server } = await open();
    await user.type(to(), "0197454545");
    await user.type(words(), "Bonjour");
    await waitFor(() => expect(send()).toHaveTextContent("Send to 1 number"));
    await numbers();
    server.offline = true;
    await user.type(to(), ", 0197454546, 0197454547");
    expect(send()).toHaveTextContent("Send to 3 numbers");
  });

  it("keeps what was being written when it is closed", async () => {
    const { user } = await open();
    await user.type(to(), "0197454545");
    await user.type(words(), "Pas encore");
    await user.keyboard("{Escape}");
    await user.click(screen.getByRole("button", { name: "Close" }));
    await user.click(screen.getByTestId("compose"));
    expect(words()).toHaveValue("Pas encore");
    expect(to()).toHaveValue("0197454545");
  });

  it("finds people by their name where a number is wanted", async () => {
    const { user, server } = await open();
    const { contact } = server.conversation("c-00000").row;
    await user.type(to(), `0197454545, ${contact.name!.slice(0, 5)}`);
    await user.click((await screen.findAllByTestId("new-text-person"))[0]!);
    expect((to() as HTMLTextAreaElement).value).toMatch(/^0197454545, \+229\d+, $/);
    await waitFor(async () => expect((await numbers()).map((one) => one.dataset.refusal)[0]).toBe(""));
    expect(to()).toHaveFocus();
  });

  it("begins with the person of a conversation that is over", async () => {
    const { user, server } = openPalabre("/?view=mine&c=c-00000");
    const { contact, line_id } = server.conversation("c-00000").row;
    await user.click(await screen.findByTestId("close"));
    await user.click(await screen.findByTestId("write-again"));
    expect(await screen.findByTestId("new-text-to")).toHaveValue(contact.address);
    expect(screen.getByTestId("new-text-line")).toHaveValue(line_id);
    expect(words()).toHaveFocus();
  });

  it("begins on the line of the conversation that is before the eyes, before the one that was used last", async () => {
    const { user, server } = openPalabre("/?view=all&c=c-00000");
    const own = LINES.find(({ id }) => id === server.conversation("c-00000").row.line_id)!;
    localStorage.setItem("palabre.newText.line", LINES.find((line) => line !== own)!.id);
    await screen.findByTestId("composer-text");
    (document.activeElement as HTMLElement | null)?.blur();
    await user.keyboard("c");
    expect(await screen.findByTestId("new-text-line")).toHaveValue(own.id);
  });

  it("does not send what is too long for the line", async () => {
    const { user } = await open();
    await user.type(to(), "0197454545");
    await user.click(words());
    await user.paste("a".repeat(1531));
    await numbers();
    expect(send()).toBeDisabled();
  });

  it("is not offered to whoever only looks", async () => {
    const { user } = openPalabre("/", { observer: true });
    await screen.findAllByTestId("conversation-row");
    expect(screen.queryByTestId("compose")).toBeNull();
    await user.keyboard("c");
    expect(screen.queryByTestId("new-text")).toBeNull();
  });
});
