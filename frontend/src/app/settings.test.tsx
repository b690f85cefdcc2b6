/** Two administrators at work, and figures that are none: what a form and a table of settings never do by themselves. */
import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import type { ServerEvent } from "@/realtime/events.gen";
import { KOFFI, QUEUES, SAM } from "@/testing/cast";
import { openPalabre } from "@/testing/render";

const boss = (path: string, language: "fr" | "en" = "en") => openPalabre(path, { signedInAs: SAM, language });
const cell = (row: number, column: number) => document.querySelector<HTMLElement>(`[data-cell="${row}.${column}"]`)!;
type Opened = ReturnType<typeof boss>;
const changed = ({ server }: Opened, kind: string) => server.emit({ type: "settings.changed", kind, object_id: "elsewhere" } as Partial<ServerEvent> as never);

async function openForm(opened: Opened) {
  await opened.user.click(await screen.findByRole("button", { name: "Général" }));
  return screen.findByRole("dialog");
}

it("what a colleague saved while a form was open is not sent back", async () => {
  const opened = boss("/admin/queues");
  const { server, user, client } = opened;
  const form = await openForm(opened);
  Object.assign(server.routing.queues[0]!, { priority: 7, wrap_up_s: 45 });
  changed(opened, "queue");
  await waitFor(() => expect(client.getQueryData<{ items: object[] }>(["admin", "queues"])?.items[0]).toMatchObject({ priority: 7 }));
  await user.selectOptions(within(form).getByLabelText("Facturation: minimum level"), "3");
  await user.click(within(form).getByRole("button", { name: "Save" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(server.routing.queues[0]).toMatchObject({ priority: 7, wrap_up_s: 45, skills: [{ least: 3 }] });
});

it("a level goes to the agent who has the focus, though the table was sorted anew", async () => {
  const opened = boss("/admin/levels");
  const { server, user } = opened;
  await screen.findByTestId("matrix");
  await user.click(cell(1, 3));
  const held = document.activeElement!;
  server.routing.agents.unshift({ ...server.routing.agents[0]!, id: "00000000-0000-7000-8000-000000000009", name: "Abla Nouvelle", skills: [] });
  changed(opened, "user");
  await screen.findByText("Abla Nouvelle");
  expect(held).toHaveFocus();
  expect(held).toHaveAttribute("tabindex", "0");
  await user.keyboard("1");
  const level = () => server.routing.agents.find(({ id }) => id === KOFFI)!.skills.find(({ skill_id }) => skill_id === "skill-2")?.level;
  await waitFor(() => expect(level()).toBe(1));
  await user.keyboard("{ArrowUp}");
  expect(cell(1, 3)).toHaveFocus();
});

it("and to the skill that has it, when another comes before that", async () => {
  const opened = boss("/admin/levels");
  const { server, user } = opened;
  await screen.findByTestId("matrix");
  await user.click(cell(1, 3));
  server.routing.skills.unshift({ ...server.routing.skills[0]!, id: "skill-new", name: "Aaa" });
  changed(opened, "skill");
  await screen.findByText("Aaa");
  await user.keyboard("1");
  await waitFor(() => expect(server.routing.agents.find(({ id }) => id === KOFFI)!.skills.find(({ skill_id }) => skill_id === "skill-2")?.level).toBe(1));
});

it("a decimal comma is read in French", async () => {
  const opened = boss("/admin/queues", "fr");
  const form = await openForm(opened);
  fireEvent.change(form.querySelector("#field-points_per_minute")!, { target: { value: "1,5" } });
  fireEvent.change(form.querySelector("#field-most_waiting")!, { target: { value: "1 000" } });
  await opened.user.click(within(form).getByRole("button", { name: "Enregistrer" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(opened.server.routing.queues.find(({ id }) => id === QUEUES[0]!.id)).toMatchObject({ points_per_minute: 1.5, most_waiting: 1000 });
});

it.each(["", "abc", "1,5"])("%j is no number, is said beside its field, and nothing is sent", async (text) => {
  const opened = boss("/admin/queues");
  const form = await openForm(opened);
  const sent = vi.spyOn(opened.server, "fetch");
  const field = form.querySelector<HTMLInputElement>("#field-points_per_minute")!;
  fireEvent.change(field, { target: { value: text } });
  await opened.user.click(within(form).getByRole("button", { name: "Save" }));
  await waitFor(() => expect(field).toHaveAttribute("aria-invalid", "true"));
  expect(field).toHaveFocus();
  expect(within(form).getByText("A number is needed here, in figures.")).toBeVisible();
  expect(sent.mock.calls.filter(([, init]) => init?.method === "PATCH")).toEqual([]);
});

it.each([["/admin/levels", null], ["/admin/queues", "Add a queue"]])("%s says it when the skills cannot be had", async (path, button) => {
  const opened = boss(path);
  const real = opened.server.fetch.bind(opened.server);
  vi.spyOn(opened.server, "fetch").mockImplementation((address, init) => (String(address).includes("/api/admin/skills") ? Promise.resolve(new Response("{}", { status: 500 })) : real(address, init)));
  if (button) await opened.user.click(await screen.findByTestId("add"));
  expect(await screen.findByRole("button", { name: "Try again" })).toBeVisible();
});
