import { X } from "lucide-react";
import { useId, useLayoutEffect, useRef, type ReactNode } from "react";
import { Button } from "./Button";
import { layOver } from "./layer";
import styles from "./Dialog.module.css";

interface DialogProps {
  title: string;
  closeLabel: string;
  /** "side" slides from the right edge, for forms beside a table. */
  look?: "centre" | "side";
  /** What it shows is shown once: only a button closes it, not Escape nor a click beside it. */
  onlyByButton?: boolean;
  onClose: () => void;
  children: ReactNode;
}

/** A modal on the browser's own <dialog>: focus is kept inside, Escape closes, the page behind is inert. */
export function Dialog({ title, closeLabel, look = "centre", onlyByButton = false, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  // A layout effect ends before the dialog leaves the page: the browser then gives the focus back to where it was.
  useLayoutEffect(() => {
    const element = dialog.current;
    if (!element) return;
    element.showModal();
    const liftOff = layOver(element);
    // The field that asks for it, or the first of a form, not the cross; a sheet without fields takes the focus itself.
    const wanted = element.querySelector<HTMLElement>("[data-autofocus]") ?? element.querySelector<HTMLElement>("input, select, textarea");
    (wanted ?? element).focus();
    return () => {
      liftOff();
      element.close();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      role="dialog"
      tabIndex={-1}
      aria-labelledby={id}
      className={`${styles.dialog} ${styles[look]}`}
      onKeyDown={(event) => {
        // A browser closes at the second Escape in a row without asking.
        if (onlyByButton && event.key === "Escape") event.preventDefault();
      }}
      onCancel={(event) => {
        event.preventDefault();
        if (!onlyByButton) onClose();
      }}
      onClick={(event) => {
        if (event.target === dialog.current && !onlyByButton) onClose();
      }}
    >
      <div className={styles.inside}>
        <header className={styles.head}>
          <h2 id={id}>{title}</h2>
          <Button look="quiet" square aria-label={closeLabel} icon={<X size={18} />} onClick={onClose} />
        </header>
        {children}
      </div>
    </dialog>
  );
}
