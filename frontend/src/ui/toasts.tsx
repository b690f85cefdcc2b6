import { X } from "lucide-react";
import { useSyncExternalStore } from "react";
import styles from "./toasts.module.css";

interface Toast {
  id: number;
  text: string;
  bad: boolean;
}

let toasts: readonly Toast[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

function set(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

function dismiss(id: number): void {
  set(toasts.filter((one) => one.id !== id));
}

/** One sentence near the top of the screen, read out politely, gone after a while. */
export function toast(text: string, options: { bad?: boolean } = {}): void {
  const id = nextId++;
  set([...toasts.slice(-2), { id, text, bad: options.bad ?? false }]);
  setTimeout(() => dismiss(id), options.bad ? 8000 : 4000);
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export function Toasts({ closeLabel }: { closeLabel: string }) {
  const shown = useSyncExternalStore(subscribe, () => toasts);
  return (
    <div className={styles.stack} role="status" aria-live="polite">
      {shown.map((one) => (
        <div key={one.id} className={`${styles.toast} ${one.bad ? styles.bad : ""}`} data-testid="toast">
          <span>{one.text}</span>
          <button type="button" aria-label={closeLabel} onClick={() => dismiss(one.id)}>
            <X size={16} />
          </button>
        </div>
      ))}
    </div>
  );
}
