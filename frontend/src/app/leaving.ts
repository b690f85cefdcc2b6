/** Signing out: nothing that was read or written here stays in this browser, which the next shift uses, too. */
import type { QueryClient } from "@tanstack/react-query";
import { recentRows } from "@/api/detail";
import { announceSignedOut } from "@/api/fetch";
import { forgetHeard, sessionKey } from "@/api/session";
import { forgetUnsent } from "@/features/conversation/api";
import { signOut } from "@/features/session/api";
import { hush } from "./announce";

/** Rejects when the server cannot be reached: the session then lives on, and so does what is stored for it. */
export async function leave(client: QueryClient): Promise<void> {
  await signOut();
  forgetUnsent();
  forgetHeard();
  recentRows.clear();
  hush();
  localStorage.clear();
  sessionStorage.clear();
  client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionKey[0] });
  announceSignedOut();
}
