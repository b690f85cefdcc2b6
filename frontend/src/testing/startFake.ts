/**
 * Puts the fake server into the page (`npm run dev:fake`, and the build that scripts/screens.py photographs).
 * `?scenario=thousand&as=sam@savane.example&lang=en&theme=dark&life=1`, kept in the tab's session storage.
 */
import { PEOPLE } from "./cast";
import type { Scenario } from "./fakeData";
import { FakeServer } from "./fakeServer";

export function startFake(): void {
  const search = new URLSearchParams(location.search);
  const stored = JSON.parse(sessionStorage.getItem("fake") ?? "{}") as Record<string, string>;
  for (const name of ["scenario", "as", "lang", "theme", "life"]) {
    const value = search.get(name);
    if (value !== null) stored[name] = value;
  }
  sessionStorage.setItem("fake", JSON.stringify(stored));
  const person = PEOPLE.find(({ email }) => email === stored.as);
  const server = new FakeServer({
    scenario: (stored.scenario ?? "twelve") as Scenario,
    signedInAs: stored.as === "nobody" ? null : person?.id,
    language: stored.lang === "en" ? "en" : "fr",
    theme: (stored.theme ?? "system") as "system",
    latency: stored.latency ? Number(stored.latency) : 40,
  });
  server.install(window);
  Object.assign(window, { fakeServer: server });
  if (stored.scenario === "offline") setTimeout(() => server.goOffline(), 2500);
  if (stored.life) {
    setInterval(() => {
      const open = [...server.conversations.values()].filter(({ row }) => row.status !== "closed");
      const one = open[Math.floor(Math.random() * open.length)];
      if (one) server.receive(one.row.id, "Vous etes toujours la ? J'attends votre reponse");
    }, 3000);
  }
}
