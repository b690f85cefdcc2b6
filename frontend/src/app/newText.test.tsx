import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
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
