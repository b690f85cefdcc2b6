import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { FakeSocket } from "@/testing/fakeSocket";
import { backoff, DeskSocket } from "./socket";

let sockets: FakeSocket[];
const doors = { opened: vi.fn(), message: vi.fn(), lost: vi.fn(), signedOut: vi.fn(), locked: vi.fn() };
let desk: DeskSocket;

beforeEach(() => {
  vi.useFakeTimers();
  vi.clearAllMocks();
  sockets = [];
  FakeSocket.accept = (socket) => {
    sockets.push(socket);
    return true;
  };
  vi.stubGlobal("WebSocket", FakeSocket);
  desk = new DeskSocket("ws://desk.test/ws/desk", doors);
  desk.start();
});
afterEach(() => {
  desk.stop();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

it("waits longer each time, never the same for everybody, never for ever", () => {
  expect(backoff(0, 0)).toBe(200);
  expect(backoff(0, 1)).toBe(400);
  expect(backoff(3, 0)).toBe(1600);
  expect(backoff(50, 1)).toBe(8000);
});

it("comes back after a cut", async () => {
  await pass(10);
  sockets[0]!.shut(1006);
  expect(doors.lost).toHaveBeenCalledOnce();
  await pass(1000);
  expect(doors.opened).toHaveBeenCalledTimes(2);
});

it("does not knock again when the session is over", async () => {
  await pass(10);
  sockets[0]!.shut(4401);
  await pass(60_000);
  expect(doors.signedOut).toHaveBeenCalledOnce();
  expect(doors.lost).not.toHaveBeenCalled();
  expect(sockets).toHaveLength(1);
});

it("takes a silent line for dead", async () => {
  await pass(10);
  await pass(11_000);
  sockets[0]!.say({ type: "reset" });
  await pass(11_000);
  expect(sockets).toHaveLength(1);
  await pass(3000);
  expect(sockets).toHaveLength(2);
  expect(sockets[0]!.readyState).toBe(FakeSocket.CLOSED);
});

it("takes its time when the server says that there are too many", async () => {
  await pass(10);
  sockets[0]!.shut(4429);
  await pass(3000);
  expect(sockets).toHaveLength(1);
  await pass(6000);
  expect(sockets).toHaveLength(2);
});

it("tries at once when the network is back", async () => {
  await pass(10);
  window.dispatchEvent(new Event("offline"));
  expect(doors.lost).toHaveBeenCalledOnce();
  window.dispatchEvent(new Event("online"));
  await pass(10);
  expect(doors.opened).toHaveBeenCalledTimes(2);
});
