/** What can be done here and now by name: each screen brings its own while it is on screen; the palette lists them. */
import { useEffect, useRef } from "react";

export type CommandGroup = "conversation" | "work" | "go" | "set";

export interface Command {
  /** The same from one opening to the next: what was used lately is found by it. */
  id: string;
  group: CommandGroup;
  label: string;
  /** Single keys that do the same, as the key sheet writes them: "G I". */
  keys?: string;
  /** Other words that find it. */
  words?: string;
  run: () => void;
}

type Source = () => readonly Command[];
const sources = new Set<Source>();

/** In the order in which their screens came. */
export const commandsNow = (): Command[] => [...sources].flatMap((source) => source());

/** `make` is asked each time the palette opens, so that it says what is possible then. */
export function useCommands(make: Source): void {
  const latest = useRef(make);
  useEffect(() => {
    latest.current = make;
  });
  useEffect(() => {
    const source = () => latest.current();
    sources.add(source);
    return () => void sources.delete(source);
  }, []);
}
