/** A desk whose server fails while it catches up: it does not say "up to date" before it is. */
import { screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";
import type { Thread } from "@/features/conversation/threadState";
import { makeMessage } from "@/testing/fakeData";
import { openPalabre } from "@/testing/render";

const AT = "2026-11-21T10:00:00Z";
const light = () => screen.getByTestId("connection").dataset.state;
const row = (words: string) => screen.queryAllByTestId("conversation-row").filter((one) => one.textContent.includes(words));

async function openLive() {
  const opened = openPalabre("/?view=all");
  await screen.findAllByTestId("conversation-row");
  await waitFor(() => expect(light()).toBe("live"));
  return opened;
}

/** The conversation changes, and the stream says nothing of it. */
function changeUnheard({ server }: Awaited<ReturnType<typeof openLive>>, words: string): void {
  const one = server.conversation("c-00005");
  one.row = { ...one.row, revision: one.row.revision + 5, last_message: { ...one.row.last_message!, preview: words } };
}

it("everything fetched afresh means everything: a list that fails keeps the light from saying live", async () => {
  const opened = await openLive();
  const { server } = opened;
  changeUnheard(opened, "Entre-temps");
  server.broken = true;
  for (const socket of server.sockets) socket.say({ type: "reset" });
  await waitFor(() => expect(light()).toBe("catching-up"));
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect(light()).toBe("catching-up");
  expect(row("Entre-temps")).toHaveLength(0);
  server.broken = false;
  await waitFor(() => expect(row("Entre-temps")).toHaveLength(1), { timeout: 8000 });
  await waitFor(() => expect(light()).toBe("live"), { timeout: 8000 });
}, 30_000);

it("the ticks of what was loaded further up are fetched afresh, too", async () => {
  const opened = openPalabre("/?view=mine&c=c-00000");
  const { server, client } = opened;
  const thread = ["messages", "c-00000"];
  await screen.findByTestId("thread");
  await waitFor(() => expect(light()).toBe("live"));
  const one = server.conversation("c-00000");
  const first = one.messages[0]!.seq;
  const old = makeMessage(first, { kind: "outgoing", body: "old", at: AT, delivery: { status: "sent", error: null, parts: 1, encoding: "gsm7", link_id: null } });
  one.messages[0] = old;
  const more = Array.from({ length: 60 }, (_, index) => makeMessage(one.messages.length + first + index, { kind: "incoming", body: "new", at: AT }));
  one.messages = [...one.messages, ...more];
  client.setQueryData(thread, { items: [...one.messages], hasMore: false });
  one.messages[0] = { ...old, delivery: { ...old.delivery!, status: "delivered" } };
  for (const socket of server.sockets) socket.say({ type: "reset" });
  await waitFor(() => expect(client.getQueryData<Thread>(thread)!.items[0]!.delivery!.status).toBe("delivered"), { timeout: 8000 });
}, 30_000);

it("what failed to load while the server stumbled is loaded once it does not, without a hand", async () => {
  const opened = await openLive();
  const { server, client } = opened;
  changeUnheard(opened, "Plus tard");
  server.broken = true;
  await client.invalidateQueries({ queryKey: ["list"] });
  server.broken = false;
  server.ping();
  await waitFor(() => expect(row("Plus tard")).toHaveLength(1), { timeout: 8000 });
}, 30_000);
