import { useEffect, useRef } from "react";

/**
 * Single keys that work on every keyboard. The printed character decides when it is one we know ("?" is Shift+comma on
 * AZERTY, "a" sits where QWERTY has "q"); the physical key decides when the layout prints no Latin letter there, or
 * prints something else where QWERTY has "/" .
 */
export function readKey(event: Pick<KeyboardEvent, "key" | "code" | "shiftKey">): string {
  const printed = event.key.toLowerCase();
  if (printed.length > 1 || /^[a-z/?]$/.test(printed)) return printed;
  // The digit row of AZERTY prints & é " where the digits are engraved above.
  if (/^Digit\d$/.test(event.code) && !event.shiftKey) return event.code.slice(5);
  if (/^Key[A-Z]$/.test(event.code)) return event.code.slice(3).toLowerCase();
  if (event.code === "Slash") return event.shiftKey ? "?" : "/";
  return printed;
}

const FIELDS = "input, textarea, select, [role=menu]";

/** True while a key belongs to a field, a menu or a dialog, and not to the page. `inDialogs`: a dialog does not count. */
export function isTyping(target: EventTarget | null, inDialogs = false): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.closest(inDialogs ? FIELDS : `${FIELDS}, [role=dialog]`) !== null;
}

let singleKeys = true;

/** Whether letters alone do something (WCAG 2.1.4: whoever speaks to his computer, or presses by accident, ends it). */
export function allowSingleKeys(allowed: boolean): void {
  singleKeys = allowed;
}

export type KeyMap = Record<string, (event: KeyboardEvent) => unknown>;

const LEADER_MS = 1200;
/** Keys that may be held down: they walk. Any other does its work once, however long the finger stays. */
const WALKING = new Set(["j", "k", "arrowdown", "arrowup"]);

interface KeysOptions {
  /** Also while a dialog is open, outside of its fields. */
  inDialogs?: boolean;
}

/** Runs `map["t"]`, or `map["g i"]` for two keys in a row; never while typing, never with Ctrl, Alt or Meta. */
export function useKeys(map: KeyMap, enabled = true, { inDialogs = false }: KeysOptions = {}): void {
  const latest = useRef(map);
  useEffect(() => {
    latest.current = map;
  });
  useEffect(() => {
    if (!enabled) return;
    let leader = "";
    let leaderAt = 0;
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.isComposing) return;
      if (isTyping(event.target, inDialogs)) return;
      const key = readKey(event);
      // Arrows, Enter and Escape are no letters.
      if (!singleKeys && key.length === 1) return;
      if (event.repeat && !WALKING.has(key)) return;
      const led = leader !== "" && event.timeStamp - leaderAt < LEADER_MS ? `${leader} ${key}` : "";
      const act = (led && latest.current[led]) || latest.current[key];
      // A button that has the focus keeps its own Enter.
      const onControl = event.target instanceof HTMLElement && event.target.closest("button, a, [role=tab]") !== null;
      if (key === "enter" && onControl) return;
      leader = act ? "" : key;
      leaderAt = event.timeStamp;
      if (act) {
        event.preventDefault();
        act(event);
      }
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [enabled, inDialogs]);
}
