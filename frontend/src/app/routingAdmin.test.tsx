/** Administration of queues, skills, levels and states. */
import { screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { KOFFI, SAM } from "@/testing/cast";
import { openPalabre } from "@/testing/render";

const boss = (path: string) => openPalabre(path, { signedInAs: SAM });
const cell = (row: number, column: number) => document.querySelector<HTMLElement>(`[data-cell="${row}.${column}"]`)!;
const saved = () => screen.findByTestId("matrix-saved");

it("levels are written with arrows and digits, and saved by themselves in one request", async () => {
  const { server, user } = boss("/admin/levels");
  await screen.findByTestId("matrix");
  await user.click(cell(1, 1));
  await user.keyboard("5{ArrowRight}{Delete}{ArrowRight}");
  await user.keyboard("{ArrowRight}3");
  expect(cell(1, 1)).toHaveTextContent("5");
  expect(cell(1, 4)).toHaveFocus();
  expect(await saved()).toHaveTextContent("Saving…");
  await waitFor(async () => expect(await saved()).toHaveTextContent("Everything is saved"));
  const koffi = server.routing.agents.find(({ id }) => id === KOFFI)!;
  expect([...koffi.skills].sort((a, b) => a.skill_id.localeCompare(b.skill_id))).toEqual([
    { skill_id: "skill-0", level: 5 }, { skill_id: "skill-2", level: 4 }, { skill_id: "skill-3", level: 3 },
  ]);
});

it("what is refused goes back to what is stored, and says why", async () => {
  const { user } = boss("/admin/levels");
  await screen.findByTestId("matrix");
  await user.click(cell(0, 0));
  await user.keyboard("1");
  expect(cell(0, 0)).toHaveTextContent("1");
  expect(await screen.findByText(/Awa Diallo: not saved. He holds more conversations/)).toBeVisible();
  expect(cell(0, 0)).toHaveTextContent("5");
});

it("a finger fills a cell with the buttons above the table", async () => {
  const { user } = boss("/admin/levels");
  await screen.findByTestId("matrix");
  await user.click(cell(2, 3));
  const tools = screen.getByTestId("matrix-tools");
  expect(tools).toHaveTextContent("Mariam Ouédraogo · Mobile money");
  await user.click(within(tools).getByRole("button", { name: "2" }));
  expect(cell(2, 3)).toHaveTextContent("2");
  await user.click(within(tools).getByRole("button", { name: "None" }));
  expect(cell(2, 3)).toHaveAttribute("data-level", "0");
});

it("an agent is found among many, without his accents", async () => {
  const { user } = boss("/admin/levels");
  await screen.findByTestId("matrix");
  await user.type(screen.getByTestId("matrix-search"), "ouedr");
  await waitFor(() => expect(screen.getAllByTestId("matrix-row")).toHaveLength(1));
  expect(screen.getByTestId("matrix-row")).toHaveTextContent("Mariam Ouédraogo");
});

it("each medium has a limit of its own where there are several", async () => {
  const { server, user } = boss("/admin/queues");
  await screen.findByRole("table");
  server.routing.media = ["sms", "email"];
  await user.click(screen.getByRole("link", { name: "Levels" }));
  await screen.findByRole("columnheader", { name: "At once, EMAIL" });
  await user.click(cell(0, 2));
  await user.keyboard("3");
  await waitFor(() => expect(server.routing.agents[0]!.media).toEqual([{ medium: "email", capacity: 3 }]));
});

it("a queue whose minimum nobody reaches says so in words", async () => {
  boss("/admin/queues");
  expect(await screen.findByTestId("queue-warning")).toHaveTextContent(/Facturation.*No agent has the minimum levels/);
  expect(screen.getByText("Nobody can answer")).toBeVisible();
});

it("a queue that offers asks for its seconds, and only what was changed is sent", async () => {
  const { server, user } = boss("/admin/queues");
  await user.click(await screen.findByRole("button", { name: "Général" }));
  const form = await screen.findByRole("dialog");
  expect(within(form).queryByLabelText("Seconds to accept an offer")).toBeNull();
  await user.click(within(form).getByLabelText("Assign at once, without asking the agent"));
  const seconds = within(form).getByLabelText("Seconds to accept an offer");
  await user.clear(seconds);
  await user.type(seconds, "30");
  await user.selectOptions(within(form).getByLabelText("Facturation: minimum level"), "3");
  await user.click(within(form).getByRole("button", { name: "Save" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  const queue = server.routing.queues[0]!;
  expect(queue).toMatchObject({ auto_accept: false, ring_s: 30, wrap_up_s: 0, skills: [{ skill_id: "skill-0", least: 3, preferred: 0 }] });
  expect(await screen.findByText("Offered, 30 s to accept")).toBeVisible();
});

it("a queue without a name is refused in its field", async () => {
  const { user } = boss("/admin/queues");
  await user.click(await screen.findByTestId("add"));
  await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Save" }));
  await waitFor(() => expect(screen.getByLabelText("Name")).toHaveAttribute("aria-invalid", "true"));
  expect(screen.getByLabelText("Name")).toHaveFocus();
});

it("dispositions are added, put in order and taken out of use", async () => {
  const { server, user } = boss("/admin/queues");
  await user.click((await screen.findAllByTestId("dispositions"))[0]!);
  for (const name of ["Résolu", "Sans suite"]) {
    await user.type(await screen.findByTestId("disposition-name"), `${name}{Enter}`);
    await screen.findByLabelText(`Name of ${name}`);
  }
  await user.click(screen.getByRole("button", { name: "Move Sans suite up" }));
  await waitFor(() => expect(screen.getAllByLabelText(/^Name of/).map((one) => (one as HTMLInputElement).value)).toEqual(["Sans suite", "Résolu"]));
  await user.click(screen.getByRole("button", { name: "Take Résolu out of use" }));
  await screen.findByRole("button", { name: "Use Résolu again" });
  expect(server.routing.dispositions).toMatchObject([{ name: "Résolu", position: 1, is_enabled: false }, { name: "Sans suite", position: 0, is_enabled: true }]);
});

it("a state is added to the menu of the agents", async () => {
  const { server, user } = boss("/admin/states");
  await user.click(await screen.findByTestId("add"));
  await user.type(await screen.findByLabelText("Name"), "Prière");
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(server.routing.reasons.at(-1)).toMatchObject({ name: "Prière", state: "break", counts_as: "pause", position: 8 }));
});

it("a skill nobody has is marked", async () => {
  boss("/admin/skills");
  expect(within((await screen.findByRole("button", { name: "Réclamations" })).closest("tr")!).getByText("nobody")).toBeVisible();
});

it("a name that is refused does not stay in its field as though it were kept, and Escape gives one up", async () => {
  const { server, user } = boss("/admin/queues");
  await user.click((await screen.findAllByTestId("dispositions"))[0]!);
  for (const name of ["Résolu", "À rappeler"]) {
    await user.type(await screen.findByTestId("disposition-name"), `${name}{Enter}`);
    await screen.findByLabelText(`Name of ${name}`, undefined, { timeout: 5000 });
  }
  const field = screen.getByLabelText("Name of Résolu");
  await user.clear(field);
  await user.type(field, "À rappeler{Enter}");
  expect(await screen.findByText(/This name is used already/, undefined, { timeout: 5000 })).toBeVisible();
  await waitFor(() => expect(field).toHaveValue("Résolu"), { timeout: 5000 });
  await user.type(field, "  autrement{Escape}");
  expect(field).toHaveValue("Résolu");
  expect(screen.getByRole("dialog")).toBeVisible();
  expect(server.routing.dispositions.map(({ name }) => name)).toEqual(["Résolu", "À rappeler"]);
});
