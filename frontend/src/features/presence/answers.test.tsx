/** What the server answers late is older than what the stream has said meanwhile. */
import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import { openPalabre } from "@/testing/render";

it("a state that a supervisor has set meanwhile is not undone by a late answer", async () => {
  const { server } = openPalabre("/?view=mine");
  await screen.findByText("Up to date");
  const fetch = server.fetch.bind(server);
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  vi.spyOn(server, "fetch").mockImplementation(async (address, options) => {
    const answer = await fetch(address, options);
    if (address === "/api/presence") await held;
    return answer;
  });
  const state = () => screen.getByTestId("presence").dataset.state;
  fireEvent.click(screen.getByTestId("presence").querySelector("button")!);
  fireEvent.click(await screen.findByRole("menuitemradio", { name: "Meal" }));
  const me = server.agents.find(({ id }) => id === server.me)!;
  await waitFor(() => expect(me.state).toBe("break"), { timeout: 5000 });
  const now = { ...me, state: "offline" as const, reason: null, reason_id: null };
  server.emit({ type: "agent.state_changed", agent: now });
  await waitFor(() => expect(state()).toBe("offline"), { timeout: 5000 });
  release();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(state()).toBe("offline");
});
