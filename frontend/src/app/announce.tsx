import { useSyncExternalStore } from "react";
import { createPortal } from "react-dom";
import { useTopDialog } from "@/ui/layer";

let said = "";
const listeners = new Set<() => void>();

/** Says a sentence to screen readers, politely: it waits for the reader to finish. */
export function announce(text: string): void {
  // The same sentence twice in a row must still be a change.
  said = text === said ? `${text}\u00a0` : text;
  for (const listener of listeners) listener();
}

/** What was said to one person is not there for the next one. */
export function hush(): void {
  said = "";
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export function Announcer() {
  const text = useSyncExternalStore(subscribe, () => said);
  const dialog = useTopDialog();
  const spoken = (
    <div className="visually-hidden" aria-live="polite">
      {text}
    </div>
  );
  return dialog ? createPortal(spoken, dialog) : spoken;
}
