import { CircleCheck } from "lucide-react";
import { useRef, useState, type FormEvent, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import type { Row, Session } from "@/api/types";
import { useSession } from "@/api/session";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { readKey } from "@/ui/keys";
import styles from "./CloseDialog.module.css";

const offered = ({ dispositions }: Session, row: Row) =>
  dispositions.filter(({ queue_id, is_enabled }) => is_enabled && queue_id === row.queue_id).sort((a, b) => a.position - b.position);

/**
 * Whether closing asks for a disposition first: one must be given where the queue requires it, and may be where the
 * queue has some and leaves no time after the conversation. null: nothing is asked.
 */
export function asksDisposition(session: Session, row: Row): "may" | "must" | null {
  const queue = session.queues.find(({ id }) => id === row.queue_id);
  if (!queue || offered(session, row).length === 0) return null;
  if (queue.dispositions_required) return "must";
  return queue.wrap_up_s === 0 ? "may" : null;
}

interface CloseDialogProps {
  row: Row;
  required: boolean;
  busy: boolean;
  onClose: (disposition: string | null) => void;
  onCancel: () => void;
}

/** What came of the conversation. Digits or arrows choose, Enter closes it. */
export function CloseDialog({ row, required, busy, onClose, onCancel }: CloseDialogProps) {
  const { t } = useTranslation("conversation");
  const session = useSession();
  const all = offered(session, row);
  const [wanted, choose] = useState<string | null>(null);
  // One that was switched off meanwhile is chosen no more.
  const chosen = all.some(({ id }) => id === wanted) ? wanted : null;
  const [missing, setMissing] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (busy) return;
    if (required && chosen === null && all.length > 0) {
      setMissing(true);
      form.current?.querySelector("input")?.focus();
    } else onClose(chosen);
  };
  const press = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const one = all[Number(readKey(event.nativeEvent)) - 1];
    if (!one) return;
    event.preventDefault();
    choose(one.id);
    setMissing(false);
    form.current?.querySelector<HTMLElement>(`[value="${one.id}"]`)?.focus();
  };
  return (
    <Dialog title={t("ending.title")} closeLabel={t("ending.cancel")} onClose={onCancel}>
      <form ref={form} className={styles.form} onSubmit={submit} onKeyDown={press} noValidate data-testid="close-dialog">
        <fieldset className={styles.choices} aria-describedby={missing ? "ending-missing" : undefined}>
          <legend>{required ? t("ending.which") : t("ending.whichMaybe")}</legend>
          {all.map(({ id, name }, index) => (
            <label key={id} className={styles.choice}>
              <input
                type="radio"
                name="disposition"
                value={id}
                checked={chosen === id}
                tabIndex={chosen === id || (chosen === null && index === 0) ? 0 : -1}
                onChange={() => {
                  choose(id);
                  setMissing(false);
                }}
                onKeyDown={(event) => {
                  // Enter on a radio does not submit a form in every browser.
                  if (event.key === "Enter") submit(event);
                }}
              />
              <span>{name}</span>
              {index < 9 && <kbd aria-hidden="true">{index + 1}</kbd>}
            </label>
          ))}
        </fieldset>
        <div className={styles.foot}>
          <p role="alert" id="ending-missing" className={styles.error}>
            {missing ? t("ending.required") : ""}
          </p>
          <Button onClick={onCancel}>{t("ending.cancel")}</Button>
          <Button type="submit" look="primary" disabled={busy} icon={<CircleCheck size={15} aria-hidden="true" />} data-testid="close-sure">
            {t("action.close")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
