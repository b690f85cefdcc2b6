/** Which sounds are made, and when. */
import { screen, waitFor } from "@testing-library/react";
import { beforeEach, expect, it, vi } from "vitest";
import { openPalabre } from "@/testing/render";
import { play } from "@/ui/sound";

vi.mock("@/ui/sound", () => ({ play: vi.fn(() => true), armByFirstUse: () => () => undefined }));

const tones = () => vi.mocked(play).mock.calls.map(([notes]) => notes.map(({ pitch }) => pitch));
const OFFER = [660, 880];
const TEXT = [520];

beforeEach(() => void vi.mocked(play).mockClear());

async function openLive(path = "/?view=mine") {
  const opened = openPalabre(path);
  await screen.findByText("Up to date");
  await waitFor(() => expect(opened.client.getQueryState(["offers"])?.status).toBe("success"));
  return opened;
}

it("an offer and a text to me sound differently; a colleague's text does not sound", async () => {
  const { server } = await openLive();
  server.receive("c-00008", "A Koffi");
  server.receive("c-00001", "A moi");
  await waitFor(() => expect(tones()).toEqual([TEXT]));
  const offer = server.routing.offer("c-00005");
  await waitFor(() => expect(tones()).toEqual([TEXT, OFFER]));
  server.routing.end(offer.id);
  await waitFor(() => expect(screen.queryByTestId("offers")).toBeNull());
});

it("each is switched off by itself, and heard once when it is switched on", async () => {
  const { server, user } = await openLive();
  await user.click(screen.getByTestId("user-menu"));
  await user.click(await screen.findByRole("menuitemcheckbox", { name: "For offers", checked: true }));
  server.routing.offer("c-00005");
  await screen.findByTestId("offer");
  server.receive("c-00001", "A moi");
  await waitFor(() => expect(tones()).toEqual([TEXT]));
  await user.click(screen.getByTestId("user-menu"));
  await user.click(await screen.findByRole("menuitemcheckbox", { name: "For offers", checked: false }));
  await waitFor(() => expect(tones().slice(0, 2)).toEqual([TEXT, OFFER]));
});
