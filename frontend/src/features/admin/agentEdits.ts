/** What is changed in the skills table goes to the server by itself, an agent at a time. */
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { ApiError, request } from "@/api/fetch";
import type { AdminAgent } from "@/api/routing";
import { adminKey, type Tables } from "./api";
import type { Column } from "./matrix";

/** Somebody who fills a row sends one request, and leaves one line in the audit. */
const PAUSE_MS = 700;

/** An agent after one cell was changed. */
export function changed(agent: AdminAgent, column: Column, value: number | null): AdminAgent {
  switch (column.kind) {
    case "capacity":
      return { ...agent, capacity: value ?? 0 };
    case "medium": {
      const others = agent.media.filter(({ medium }) => medium !== column.id);
      const load = agent.media.find(({ medium }) => medium === column.id)?.load ?? 0;
      return { ...agent, media: value === null ? others : [...others, { medium: column.id, capacity: value, load }] };
    }
    case "skill": {
      const others = agent.skills.filter(({ skill_id }) => skill_id !== column.id);
      return { ...agent, skills: value === null ? others : [...others, { skill_id: column.id, level: value }] };
    }
  }
}

/** The keys whose value is another, with the one that they have now; undefined: they have none any more. */
function changes(before: Map<string, number>, now: Map<string, number>): [string, number | undefined][] {
  const keys = new Set([...before.keys(), ...now.keys()]);
  return [...keys].filter((key) => before.get(key) !== now.get(key)).map((key) => [key, now.get(key)]);
}

/** The cells of `now` that differ from what it was made of: only they are sent, so that two administrators may work on one agent. */
export function difference(before: AdminAgent, now: AdminAgent): Record<string, unknown> {
  const levelsOf = ({ skills }: AdminAgent) => new Map(skills.map(({ skill_id, level }) => [skill_id, level]));
  const limitsOf = ({ media }: AdminAgent) => new Map(media.map(({ medium, capacity }) => [medium, capacity]));
  const levels = changes(levelsOf(before), levelsOf(now)).map(([skill_id, level]) => ({ skill_id, level: level ?? 0 }));
  const limits = changes(limitsOf(before), limitsOf(now)).map(([medium, capacity]) => ({ medium, capacity: capacity ?? null }));
  return {
    ...(now.capacity === before.capacity ? {} : { capacity: now.capacity }),
    ...(levels.length === 0 ? {} : { levels }),
    ...(limits.length === 0 ? {} : { limits }),
  };
}

/** An agent as he was found, and as he is to be. */
interface Edit {
  before: AdminAgent;
  now: AdminAgent;
}

export interface Lost {
  agent: AdminAgent;
  failure: unknown;
}

/** The agents as they are on the screen: what is stored, and over it what is being saved. */
export function useAgentEdits(stored: AdminAgent[]) {
  const client = useQueryClient();
  const [edits, setEdits] = useState<ReadonlyMap<string, Edit>>(new Map());
  const [lost, setLost] = useState<Lost | null>(null);
  const latest = useRef(edits);
  const timers = useRef(new Map<string, ReturnType<typeof setTimeout>>());
  const busy = useRef(new Set<string>());

  const put = useCallback((id: string, edit: Edit | null) => {
    const next = new Map(latest.current);
    if (edit) next.set(id, edit);
    else next.delete(id);
    latest.current = next;
    setEdits(next);
  }, []);

  const send = useCallback(
    async (id: string): Promise<void> => {
      timers.current.delete(id);
      const edit = latest.current.get(id);
      // What is changed while one request is under way leaves when that is answered.
      if (!edit || busy.current.has(id)) return;
      const sent = difference(edit.before, edit.now);
      if (Object.keys(sent).length === 0) return put(id, null);
      busy.current.add(id);
      let answer: AdminAgent;
      try {
        // It outlives the page: the last cells of who closes his tab are stored, too.
        answer = await request<AdminAgent>("PATCH", `/api/admin/agents/${id}`, { body: sent, keepalive: true });
      } catch (failure) {
        if (!(failure instanceof ApiError)) throw failure;
        // The cells show again what is stored, and why is said beside the table.
        put(id, null);
        setLost({ agent: edit.now, failure });
        return;
      } finally {
        busy.current.delete(id);
      }
      client.setQueryData<Tables["agents"]>([...adminKey, "agents"], (table) => table && { ...table, items: table.items.map((one) => (one.id === id ? answer : one)) });
      const now = latest.current.get(id)?.now;
      if (now === undefined || now === edit.now) return put(id, null);
      put(id, { before: answer, now });
      if (!timers.current.has(id)) await send(id);
    },
    [client, put],
  );

  const change = useCallback(
    (agent: AdminAgent, column: Column, value: number | null) => {
      const edit = latest.current.get(agent.id) ?? { before: agent, now: agent };
      setLost(null);
      put(agent.id, { before: edit.before, now: changed(edit.now, column, value) });
      clearTimeout(timers.current.get(agent.id));
      timers.current.set(agent.id, setTimeout(() => void send(agent.id), PAUSE_MS));
    },
    [put, send],
  );

  // Whoever leaves the page takes nothing unsaved along.
  useEffect(() => {
    const waiting = timers.current;
    const flush = () => {
      for (const [id, timer] of [...waiting]) {
        clearTimeout(timer);
        void send(id);
      }
    };
    window.addEventListener("pagehide", flush);
    return () => {
      window.removeEventListener("pagehide", flush);
      flush();
    };
  }, [send]);

  return { agents: stored.map((one) => edits.get(one.id)?.now ?? one), change, saving: edits.size > 0, lost };
}
