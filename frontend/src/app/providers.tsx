import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { onLocked, onSignedOut } from "@/api/fetch";
import { sessionKey } from "@/api/session";
import { setLocked } from "@/features/session/lock";

export function makeClient(): QueryClient {
  const client = new QueryClient({
    defaultOptions: {
      queries: {
        // The stream keeps what is on screen fresh: looking away and back is no reason to ask again.
        refetchOnWindowFocus: false,
        refetchOnReconnect: false,
        networkMode: "always",
        gcTime: 10 * 60_000,
      },
      mutations: { networkMode: "always" },
    },
  });
  onSignedOut(() => {
    // The gate asks for the session again, is refused, and shows the sign-in screen.
    if (client.getQueryData(sessionKey)) void client.resetQueries({ queryKey: sessionKey });
  });
  onLocked(() => setLocked(true));
  return client;
}

export function Providers({ client, children }: { client: QueryClient; children: ReactNode }) {
  return <QueryClientProvider client={client}>{children}</QueryClientProvider>;
}
