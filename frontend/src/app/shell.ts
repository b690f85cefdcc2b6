/** The worker that keeps the application's shell (public/sw.js), so that it can be installed and says so when it is offline. */

interface Policies {
  createPolicy(name: string, rules: { createScriptURL: (address: string) => string }): { createScriptURL: (address: string) => string };
}

const WORKER = "/sw.js";

/** Only the built application, and only where the browser has workers: on https, or on this machine. */
export function keepShell(): void {
  if (!import.meta.env.PROD || import.meta.env.MODE === "fake" || !("serviceWorker" in navigator)) return;
  const policies = (window as { trustedTypes?: Policies }).trustedTypes;
  // The page's policy knows this one name; taken here, nobody else has it, and it makes one address.
  const address = policies?.createPolicy("palabre-shell", { createScriptURL: () => WORKER }).createScriptURL(WORKER) ?? WORKER;
  navigator.serviceWorker.register(address, { scope: "/", updateViaCache: "none" }).catch(() => undefined);
}
