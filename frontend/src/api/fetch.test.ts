import { afterEach, expect, test, vi } from "vitest";
import { post } from "@/api/fetch";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

async function tokenSentWith(cookies: string): Promise<string | null> {
  vi.spyOn(document, "cookie", "get").mockReturnValue(cookies);
  const fetched = vi.spyOn(globalThis, "fetch").mockResolvedValue(new Response("{}", { status: 200 }));
  await post("/api/anything", {});
  return new Headers(fetched.mock.calls[0]![1]!.headers).get("X-CSRFToken");
}

test("the token of this address is sent, whatever another application of the same domain has set", async () => {
  expect(await tokenSentWith("csrftoken=theirs; __Host-csrftoken=ours")).toBe("ours");
});

test("without https the token has no prefix", async () => {
  expect(await tokenSentWith("theme=dark; csrftoken=ours")).toBe("ours");
});

test("behind https another application's token is never taken for ours, so that ours is asked for", async () => {
  vi.stubGlobal("location", { protocol: "https:" });
  expect(await tokenSentWith("csrftoken=theirs")).toBe("");
});
