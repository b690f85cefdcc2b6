/** Which conversations of the list are chosen, to do one thing to all of them. */
import { useCallback, useMemo, useState } from "react";

export interface Chosen {
  ids: ReadonlySet<string>;
  /** The whole list, also what is not loaded. */
  all: boolean;
  /** Where the last click was: Shift and a click choose all between. */
  from: string | null;
}

export const NOBODY: Chosen = { ids: new Set(), all: false, from: null };

/** One row is clicked, or x is pressed on it. `range`: with Shift. What is between gets what the clicked one gets. */
export function toggled(chosen: Chosen, order: readonly string[], id: string, range: boolean): Chosen {
  const ids = new Set(chosen.all ? order : chosen.ids);
  const on = !ids.has(id);
  const [start, end] = [chosen.from === null ? -1 : order.indexOf(chosen.from), order.indexOf(id)];
  const some = range && start >= 0 && end >= 0 ? order.slice(Math.min(start, end), Math.max(start, end) + 1) : [id];
  for (const one of some) if (on) ids.add(one); else ids.delete(one);
  return { ids, all: false, from: id };
}

/** What has left the list is not chosen any more: nothing is done to what nobody sees. */
export function remaining(chosen: Chosen, order: readonly string[]): Chosen {
  const there = new Set(order);
  const ids = new Set([...chosen.ids].filter((id) => there.has(id)));
  return ids.size === chosen.ids.size ? chosen : { ...chosen, ids };
}

export interface Selection {
  chosen: Chosen;
  /** Rows show their boxes, and a click on one chooses it. */
  choosing: boolean;
  toggle: (order: readonly string[], id: string, range: boolean) => void;
  chooseAll: () => void;
  start: () => void;
  clear: () => void;
}

export function useSelection(): Selection {
  const [chosen, setChosen] = useState(NOBODY);
  const [started, setStarted] = useState(false);
  const toggle = useCallback((order: readonly string[], id: string, range: boolean) => setChosen((now) => toggled(remaining(now, order), order, id, range)), []);
  const chooseAll = useCallback(() => setChosen((now) => ({ ...now, all: true })), []);
  const start = useCallback(() => setStarted(true), []);
  const clear = useCallback(() => {
    setChosen(NOBODY);
    setStarted(false);
  }, []);
  const choosing = started || chosen.all || chosen.ids.size > 0;
  return useMemo(() => ({ chosen, choosing, toggle, chooseAll, start, clear }), [chosen, choosing, toggle, chooseAll, start, clear]);
}
