import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { LINES } from "@/testing/cast";
import { openPalabre } from "@/testing/render";

const rows = () => screen.findAllByTestId("conversation-row");
const shown = async () => (await rows()).map((row) => row.dataset.conversation);

describe("filters of the list", () => {
  it("a tag narrows the list, is counted on its button and is cleared by one click", async () => {
    const { user, server } = openPalabre("/?view=queue");
    for (const id of ["c-00006"]) server.conversation(id).row.tags = ["tag-vip"];
    expect(await shown()).toHaveLength(3);
    await user.click(screen.getByTestId("filter-tags"));
    await user.click(within(screen.getByTestId("panel-tags")).getByLabelText("VIP"));
    await waitFor(async () => expect(await shown()).toEqual(["c-00006"]));
    expect(screen.getByTestId("filter-tags")).toHaveTextContent("1");
    await user.click(screen.getByTestId("filter-clear"));
    await waitFor(async () => expect(await shown()).toHaveLength(3));
  });

  it("an address with filters shows the same list to whoever opens it", async () => {
    const { server } = openPalabre("/?view=all&failed=true&tag=tag-vip", { prepare: (fake) => {
      fake.conversation("c-00001").row = { ...fake.conversation("c-00001").row, tags: ["tag-vip"], failed: true };
      fake.conversation("c-00002").row = { ...fake.conversation("c-00002").row, tags: ["tag-vip"] };
    } }); // prettier-ignore
    expect(await shown()).toEqual(["c-00001"]);
    expect(within((await rows())[0]!).getByTestId("row-failed")).toBeInTheDocument();
    expect(within((await rows())[0]!).getByTestId("row-tags")).toHaveTextContent("Tags: VIP");
    expect(server.me).not.toBeNull();
  });

  it("Escape folds a panel and gives the focus back to its button", async () => {
    const { user } = openPalabre("/?view=queue");
    await rows();
    await user.click(screen.getByTestId("filter-channels"));
    within(screen.getByTestId("panel-channels")).getAllByRole("checkbox")[0]!.focus();
    await user.keyboard("{Escape}");
    expect(screen.queryByTestId("panel-channels")).toBeNull();
    expect(screen.getByTestId("filter-channels")).toHaveFocus();
  });

  it("says in words that nothing matches", async () => {
    openPalabre("/?view=queue&tag=tag-claim");
    expect(await screen.findByText("Nothing matches these filters")).toBeVisible();
  });
});

describe("saved views", () => {
  it("what is shown is kept under a name with its count, opened again by one click, and pinned", async () => {
    const { user, server } = openPalabre("/?view=queue&tag=tag-vip", { prepare: (fake) => {
      fake.conversation("c-00006").row = { ...fake.conversation("c-00006").row, tags: ["tag-vip"] };
    } }); // prettier-ignore
    expect(await shown()).toEqual(["c-00006"]);
    await user.click(screen.getByTestId("filter-views"));
    await user.click(await screen.findByTestId("view-save"));
    await user.click(screen.getByTestId("view-submit"));
    expect(await screen.findByText("Give it a name.")).toBeVisible();
    await user.type(screen.getByTestId("view-name"), "VIP");
    await user.click(screen.getByTestId("view-submit"));
    await waitFor(() => expect(server.routing.views.items).toMatchObject([{ name: "VIP", filter: { view: "queue", order: "waiting", tag: ["tag-vip"] } }]));
    expect(await screen.findByTestId("view-count")).toHaveTextContent("1");
    await user.click(screen.getByTestId("tab-all"));
    await user.click(screen.getByTestId("filter-clear"));
    await waitFor(async () => expect((await shown()).length).toBeGreaterThan(3));
    await user.click(screen.getAllByTestId("saved-view")[0]!);
    await waitFor(async () => expect(await shown()).toEqual(["c-00006"]));
    await user.click(screen.getByTestId("view-menu"));
    await user.click(await screen.findByRole("menuitem", { name: "Pin beside the tabs" }));
    await user.click(screen.getByTestId("filter-views"));
    expect(await screen.findByTestId("saved-view")).toHaveAttribute("aria-pressed", "true");
  });

  it("counts follow what happens, without asking for each row", async () => {
    const { server } = openPalabre("/?view=queue", { prepare: (fake) => {
      fake.routing.views.items = [{ id: "v", name: "File", sharing: "personal", team_id: null, owner: "", mine: true, filter: { view: "queue", order: "waiting" }, columns: ["tags"], missing: ["tag"], pinned: true, count: 3 }];
    } }); // prettier-ignore
    await screen.findByText("Up to date");
    expect(await screen.findByTestId("view-count")).toHaveTextContent("3");
    const before = server.routing.views.asked;
    const one = server.conversation("c-00009");
    one.row = { ...one.row, status: "queued", owner_id: null, revision: 9 };
    for (const text of ["Allo", "Allo ?", "Vous êtes là ?"]) server.receive("c-00009", text);
    await waitFor(() => expect(screen.getByTestId("view-count")).toHaveTextContent("4"), { timeout: 7000 });
    expect(server.routing.views.asked - before).toBeLessThanOrEqual(2);
  });
});

describe("the lines of one's own desk", () => {
  it("hide what waits on others, and never what is one's own", async () => {
    const { user, server } = openPalabre("/?view=queue", { prepare: (fake) => {
      fake.conversation("c-00005").row.line_id = LINES[1]!.id;
      fake.conversation("c-00000").row.line_id = LINES[0]!.id;
    } }); // prettier-ignore
    expect(await shown()).toContain("c-00006");
    await user.click(screen.getByTestId("filter-channels"));
    await user.click(screen.getByTestId("desk-lines"));
    await user.click(screen.getByTestId("desk-lines-all"));
    for (const line of LINES) if (line.id !== LINES[1]!.id) await user.click(screen.getByTestId(`desk-line-${line.address}`));
    await user.click(screen.getByTestId("desk-lines-save"));
    expect(await screen.findByTestId("desk-lines-some")).toHaveTextContent(`1 of ${LINES.length} lines on your desk`);
    expect(server.routing.views.lineIds).toEqual([LINES[1]!.id]);
    await screen.findByText("Up to date");
    const one = server.conversation("c-00009");
    one.row = { ...one.row, status: "queued", owner_id: null, line_id: LINES[0]!.id, revision: 9 };
    server.receive("c-00009", "Allo");
    const other = server.conversation("c-00010");
    other.row = { ...other.row, status: "queued", owner_id: null, line_id: LINES[1]!.id, revision: 9 };
    server.receive("c-00010", "Allo");
    await waitFor(async () => expect(await shown()).toContain("c-00010"));
    expect(await shown()).not.toContain("c-00009");
    await user.click(screen.getByTestId("tab-mine"));
    expect(await shown()).toContain("c-00000");
  });
});

describe("doing one thing to several", () => {
  it("B begins, Shift and a click choose a range, and the bar says how many", async () => {
    const { user } = openPalabre("/?view=mine");
    const all = await rows();
    await user.keyboard("b");
    expect(await screen.findByTestId("bulk-bar")).toBeVisible();
    await user.click(all[0]!);
    await user.keyboard("{Shift>}");
    await user.click(all[2]!);
    await user.keyboard("{/Shift}");
    expect(screen.getByTestId("bulk-count")).toHaveTextContent("3 chosen");
    expect((await rows()).filter((row) => row.getAttribute("aria-checked") === "true")).toHaveLength(3);
    await user.click(screen.getByTestId("bulk-clear"));
    expect(screen.queryByTestId("bulk-bar")).toBeNull();
  });

  it("says what was not changed and why, and offers the way back", async () => {
    const { user, server } = openPalabre("/?view=all");
    await rows();
    await user.click(screen.getByTestId("choose"));
    for (const row of await rows()) await user.click(row);
    await user.click(screen.getByTestId("bulk-tag"));
    await user.click((await screen.findAllByRole("menuitem", { name: "VIP" }))[0]!);
    expect(await screen.findByTestId("bulk-result")).toHaveTextContent("11 tagged 1 not changed: closed meanwhile");
    expect(screen.queryByTestId("bulk-bar")).toBeNull();
    await user.click(screen.getByTestId("bulk-undo"));
    expect(await screen.findByText("Taken back")).toBeVisible();
    expect(server.routing.views.deed).toMatchObject({ undone: true });
  });
});
