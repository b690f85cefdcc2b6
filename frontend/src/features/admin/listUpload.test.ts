import { beforeEach, expect, it, vi } from "vitest";
import * as api from "@/api/fetch";
import type { ListUpload } from "@/api/types";
import { arrived, begunBefore, sendFile } from "./listUpload";

const FILE = new File(["0123456789"], "partners.csv", { lastModified: 1000 });
const UPLOAD = { id: "u1", name: "partners.csv", replaces: true, octets: 10, pieces: 3, missing: [0, 1, 2], state: "receiving" } as ListUpload;

beforeEach(() => {
  vi.restoreAllMocks();
  localStorage.clear();
});

function server(fails: number) {
  const sent: number[] = [];
  const begun = vi.fn();
  vi.spyOn(api, "post").mockImplementation((path) => {
    if (path.endsWith("/uploads")) begun();
    return Promise.resolve({ ...UPLOAD, state: path.endsWith("/finish") ? "done" : "receiving" } as never);
  });
  vi.spyOn(api, "put").mockImplementation((_path, body) => {
    const { number } = body as { number: number };
    if (sent.length >= fails) return Promise.reject(new api.ApiError(422, "piece", "refused"));
    sent.push(number);
    return Promise.resolve({} as never);
  });
  return { sent, begun };
}

it("goes on with what is missing when the same file is chosen again", async () => {
  const first = server(1);
  await expect(sendFile("l1", FILE, true, 4, () => undefined)).rejects.toThrow();
  expect(first.sent).toEqual([0]);
  vi.restoreAllMocks();
  const known = [{ ...UPLOAD, missing: [1, 2] }];
  const second = server(9);
  const told: number[] = [];
  const done = await sendFile("l1", FILE, true, 4, ({ fraction }) => told.push(fraction), begunBefore(known, FILE, true));
  expect(done.state).toBe("done");
  expect(second.begun).not.toHaveBeenCalled();
  expect(second.sent).toEqual([1, 2]);
  expect(told[0]).toBeCloseTo(1 / 3);
  expect(begunBefore(known, FILE, true)).toBeUndefined();
});

it("never joins the pieces of two files that have one name and one size", async () => {
  server(1);
  await expect(sendFile("l1", FILE, true, 4, () => undefined)).rejects.toThrow();
  const known = [{ ...UPLOAD, missing: [1, 2] }];
  expect(begunBefore(known, new File(["abcdefghij"], "partners.csv", { lastModified: 2000 }), true)).toBeUndefined();
  expect(begunBefore(known, FILE, false)).toBeUndefined();
  expect(begunBefore(known, FILE, true)?.id).toBe("u1");
  expect(arrived(known[0]!)).toBeCloseTo(1 / 3);
});
