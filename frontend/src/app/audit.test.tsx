/** The audit log of queues, skills and states is read in words, and in French. */
import { screen, within } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import { SAM } from "@/testing/cast";
import { openPalabre } from "@/testing/render";

const line = (action: string, object: string, changes: Record<string, unknown>) => ({ id: `${action} ${object}`, at: "2026-11-20T09:00:00Z", actor: "Sam Houngbédji", action, object, kind: "", changes });

const LINES = [
  line("queue.changed", "Litiges", { ring_s: [20, 30], on_disconnect: ["keep", "return"], auto_accept: [true, false] }),
  line("queue.changed", "Général", { "skills.Fon": ["3 / –", "5 / –"], teams: [["Jour"], ["Jour", "Nuit"]], "full_reply.fr": [null, "Patientez"] }),
  line("queue.changed", "Nuit", { strategy: ["best_level", "longest_idle"], reopen_min: [0, 20], ladder: [[{ after_s: 60 }], [{ after_s: 90 }]] }),
  line("agent.changed", "Awa Diallo", { "skills.Fon": [3, 4], capacity: [5, 6], "media.sms": [null, 3] }),
  line("agent.state_forced", "Koffi Mensah", { state: ["available", "break"], set_by: ["self", "supervisor"] }),
  line("disposition.created", "Résolu", { name: [null, "Résolu"], position: [null, 0], queue: [null, "Litiges"] }),
  line("reason.changed", "Repas", { counts_as: ["pause", "absent"], position: [3, 4] }),
];

async function rows(language: "fr" | "en") {
  const opened = openPalabre("/admin", { signedInAs: SAM, language });
  const fetch = opened.server.fetch.bind(opened.server);
  vi.spyOn(opened.server, "fetch").mockImplementation((input, init) =>
    input.startsWith("/api/admin/audit") ? Promise.resolve(new Response(JSON.stringify({ items: LINES }), { headers: { "Content-Type": "application/json" } })) : fetch(input, init),
  );
  await opened.user.click(await screen.findByRole("link", { name: language === "fr" ? "Journal" : "Audit log" }, { timeout: 5000 }));
  await screen.findByText("Litiges", undefined, { timeout: 5000 });
  return within(screen.getByRole("table")).getAllByRole("row").slice(1).map((row) => row.textContent.replace(/[\u00a0\u202f]/g, " "));
}

it("says each field and value in French, names what has one, and hides nothing behind a count that stays", async () => {
  const [ring, asked, ladder, agent, forced, made, state] = await rows("fr");
  expect(ring).toContain("20 → 30");
  expect(ring).toContain("restent à lui → retournent dans la file");
  expect(ring).toContain("Oui → Non");
  expect(asked).toContain("Compétences demandées · Fon : 3 / – → 5 / –");
  expect(asked).toContain("Équipes : Jour → Jour, Nuit");
  expect(asked).toContain("· Français : Patientez");
  expect(ladder).toContain("Minutes après une clôture : 0 → 20");
  expect(ladder).toContain("Ce que l’attente change : autrement qu’avant");
  expect(agent).toContain("· Fon : 3 → 4");
  expect(agent).toContain("Limite par canal · sms : 3");
  expect(forced).toContain("état imposé");
  expect(forced).toContain("Disponible → En pause");
  expect(forced).not.toContain("supervisor");
  expect(made).toContain("File : Litiges");
  expect(state).toContain("pause → absence");
  for (const row of [ring, asked, ladder, agent, forced, made, state]) expect(row).not.toMatch(/[a-z]_[a-z]/);
});

it("and in English", async () => {
  const all = await rows("en");
  expect(all[0]).toContain("stay with him → return to the queue");
  expect(all[4]).toContain("state set");
  for (const row of all) expect(row).not.toMatch(/[a-z]_[a-z]/);
});
