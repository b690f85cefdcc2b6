import { render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { recentRows } from "@/api/detail";
import { forgetHeard } from "@/api/session";
import { startI18n } from "@/app/i18n";
import { forgetAttached } from "@/features/conversation/attached";
import { makeClient, Providers } from "@/app/providers";
import { App } from "@/app/routes";
import { FakeServer, type FakeOptions } from "./fakeServer";

/** The whole desk on a fake server, at an address, as a person would open it. */
export function openPalabre(path: string, { prepare, ...options }: FakeOptions & { prepare?: (server: FakeServer) => void } = {}) {
  // A page that is opened has heard nothing yet, whatever the one before it heard.
  forgetHeard();
  recentRows.clear();
  forgetAttached();
  const server = new FakeServer({ language: "en", latency: 0, ...options });
  prepare?.(server);
  server.install(window);
  window.history.replaceState(null, "", path);
  startI18n("en");
  const client = makeClient();
  const screen = render(
    <Providers client={client}>
      <App />
    </Providers>,
  );
  return { server, client, user: userEvent.setup(), ...screen };
}
