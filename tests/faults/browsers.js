// Runs in each page before the product's code: a line that can lose, repeat and delay what the server says, and eyes.
(() => {
  const LOOK_MS = 50;
  const Real = window.WebSocket;
  const line = { lose: 0, repeat: 0, late: 0, future: 0, lost: 0, heard: 0, opened: 0, seed: 1 };
  const chance = () => (line.seed = (line.seed * 1103515245 + 12345) % 2147483648) / 2147483648;
  window.__line = line;
  window.WebSocket = class extends Real {
    #told = null;
    constructor(...words) {
      super(...words);
      line.opened += 1;
      super.addEventListener("message", (event) => this.#hear(event));
    }
    get onmessage() {
      return this.#told;
    }
    set onmessage(told) {
      this.#told = told;
    }
    #hear(event) {
      line.heard += 1;
      if (chance() < line.lose) {
        line.lost += 1;
        return;
      }
      const tell = () => this.#told?.(event);
      if (chance() < line.late) setTimeout(tell, 30 + 300 * chance());
      else tell();
      if (chance() < line.repeat) setTimeout(tell, 100 * chance());
    }
    send(text) {
      const message = JSON.parse(text);
      if (message.type === "hello" && line.future > 0) {
        message.cursor += line.future;
        line.future = 0;
      }
      super.send(JSON.stringify(message));
    }
  };

  const text = (place, selector) => place?.querySelector(selector)?.textContent ?? null;
  const figure = (words) => Number((words ?? "0").replace(/\D/g, ""));

  const live = () => document.querySelector("[data-testid=connection][data-state=live]") !== null;

  /** What a person sees, without the running timers. */
  window.__shown = () => {
    const tab = (name) => figure(text(document, `[data-testid=tab-${name}] [class*=_count_]`));
    const rows = [...document.querySelectorAll("[data-testid=conversation-row]")]
      .map((row) => ({ row, top: Number(/translateY\(([\d.]+)px/.exec(row.style.transform)?.[1] ?? 0) }))
      .sort((a, b) => a.top - b.top)
      .slice(0, 12)
      .map(({ row }) => ({
        id: row.dataset.conversation,
        status: row.dataset.status,
        name: text(row, "[class*=_name_]"),
        preview: text(row, "[class*=_preview_]"),
        unread: text(row, "[class*=_badge_]") ?? "",
        owner: text(row, "[class*=_owner_]") ?? "",
        waiting: row.firstElementChild.querySelector("[class*=_waiting_]") !== null,
      }));
    const thread = [...document.querySelectorAll("[data-testid=message]")].slice(-40).map((one) => ({
      seq: one.dataset.seq,
      kind: one.dataset.kind,
      status: one.dataset.status,
      body: text(one, "[class*=_body_]"),
    }));
    const pane = document.querySelector("section[data-conversation]");
    const board = [...document.querySelectorAll("main tr[data-state]")].map((row) => ({
      name: row.firstElementChild.firstElementChild.lastElementChild.textContent,
      state: row.dataset.state,
      load: row.lastElementChild.textContent,
    }));
    const tiles = [...document.querySelectorAll("[class*=_tile_] p")].map((one) => one.textContent);
    return {
      counts: document.querySelector("[data-testid=tab-all]") ? [tab("mine"), tab("queue"), tab("all")] : null,
      rows,
      thread: pane ? thread : null,
      take: pane ? document.querySelector("[data-testid=take]") !== null : null,
      presence: document.querySelector("[data-testid=presence]")?.dataset.state ?? null,
      board,
      tiles: tiles.length > 0 ? tiles.filter((_, index) => index !== 1).map(figure) : null,
      live: live(),
    };
  };

  // How often the page itself has fetched everything afresh since it was told to count.
  const fetched = window.fetch;
  window.__refetched = 0;
  window.fetch = (...words) => {
    if (words[0] === "/api/session") window.__refetched += 1;
    return fetched(...words);
  };

  /** Where the page and what the server has `said` differ, in words; empty when they agree. */
  window.__differences = (said) => {
    const shown = window.__shown();
    const found = [];
    const same = (what, here, there) => {
      const [a, b] = [JSON.stringify(here), JSON.stringify(there)];
      if (a !== b) found.push(`${what}: shown ${a}, the server says ${b}`);
    };
    if (!shown.live) return ["the light does not say live"];
    const { session, now, items, counts, conversation } = said;
    if (shown.presence !== null) same("presence", shown.presence, session.presence.state);
    if (now) {
      same("tiles", shown.tiles, [now.waiting, now.open, now.bot, now.live]);
      const load = (agent) => (agent.capacity === 0 ? "–" : `${agent.load}/${agent.capacity}`);
      const byName = (a, b) => (a.name < b.name ? -1 : 1);
      same(
        "agents",
        [...shown.board].sort(byName),
        now.agents.map((agent) => ({ name: agent.name, state: agent.state, load: load(agent) })).sort(byName),
      );
      return found;
    }
    const view = new URLSearchParams(location.search).get("view");
    const ms = (iso) => (iso === null ? Infinity : Date.parse(iso));
    const active = (row) => ms(row.last_message?.at ?? row.opened_at);
    const waits = (row) => (view === "all" ? 0 : ms(row.waiting_since));
    items.sort((a, b) => (waits(a) === waits(b) ? active(b) - active(a) || (a.id < b.id ? 1 : -1) : waits(a) - waits(b)));
    const unread = (row) => (row.unread > 0 && (row.owner_id === session.user.id || row.status === "queued") ? row.unread : 0);
    same(
      "rows",
      shown.rows.map(({ id, status, waiting }) => [id, status, waiting]),
      items.slice(0, 12).map((row) => [row.id, row.status, row.waiting_since !== null]),
    );
    const rows = new Map(items.map((row) => [row.id, row]));
    for (const one of shown.rows) {
      const row = rows.get(one.id);
      if (!row) continue;
      const badge = unread(row);
      same(`unread of ${one.id}`, one.unread, badge === 0 ? "" : badge > 9 ? "9+" : String(badge));
      const preview = row.last_message?.preview ?? "";
      if (!one.preview.endsWith(preview)) same(`preview of ${one.id}`, one.preview, preview);
    }
    same("counts", shown.counts, [
      counts.mine.open, counts.queue.waiting, counts.all.open + counts.all.bot + counts.all.queued,
    ]);
    if (conversation !== null) {
      same("take", shown.take, conversation.status === "bot" || conversation.status === "queued");
      const thread = said.thread.filter((one) => one.kind !== "event");
      const last = thread.slice(-shown.thread.length || thread.length);
      same("thread", shown.thread, last.map((one) => ({
        seq: String(one.seq), kind: one.kind, status: one.delivery?.status ?? "", body: one.body,
      })));
      if (shown.thread.length < Math.min(thread.length, 25)) found.push("the thread shows too little");
    }
    return found;
  };

  let watching = 0;
  /** From now on look whether the page shows what the server has `said`; __agreed tells since when it does. */
  window.__agree = (said) => {
    clearInterval(watching);
    const look = () => {
      window.__found = live() ? window.__differences(said) : ["the light does not say live"];
      if (window.__found.length > 0) return;
      clearInterval(watching);
      window.__agreed = Date.now();
    };
    window.__agreed = null;
    watching = setInterval(look, LOOK_MS);
    look();
  };
})();
