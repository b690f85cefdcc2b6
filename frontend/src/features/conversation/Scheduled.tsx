import { CalendarClock } from "lucide-react";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/fetch";
import { findLine, isObserver, useSession } from "@/api/session";
import type { Row } from "@/api/types";
import { uuid } from "@/api/uuid";
import { serverNow } from "@/realtime/clock";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { fromLocal, fullTime, toLocal } from "@/ui/format";
import { toast } from "@/ui/toasts";
import { usePlan, useScheduled, type Scheduled } from "./repliesApi";
import { whyOf } from "./quickText";
import { presets } from "./snoozePresets";
import { SegmentCounter } from "./SegmentCounter";
import { ORDINARY, wordingOf } from "./wording";
import form from "./Callback.module.css";
import styles from "./Quick.module.css";
import thread from "./Thread.module.css";

interface PlanProps {
  row: Row;
  body: string;
  /** One that is changed; else a new one. */
  planned?: Scheduled;
  onClose: () => void;
  onDone: () => void;
}

/** When a text leaves, and whether it stays should the customer write first. */
export function PlanDialog({ row, body: first, planned, onClose, onDone }: PlanProps) {
  const { t } = useTranslation("quick");
  const session = useSession();
  const [clientId] = useState(uuid);
  const [at, setAt] = useState(() => toLocal(planned?.at ?? presets(serverNow())[0]!.at));
  const [unless, setUnless] = useState(planned?.unless_answered ?? true);
  const [body, setBody] = useState(planned?.body ?? first);
  const plan = usePlan(row.id, (given) => {
    if (given) toast(t("laterSaved", { when: fullTime(given.at) }));
    onDone();
  });
  const line = findLine(session, row.line_id) ?? ORDINARY;
  const wording = wordingOf(body.trim(), line);
  const when = fromLocal(at);
  const wrong = plan.error instanceof ApiError ? plan.error.fields : {};
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (when === null || plan.isPending || body.trim() === "" || wording.tooLong) return;
    plan.mutate({ id: planned?.id ?? null, clientId, given: { body: wording.sent, at: when, unless_answered: unless, seen: row.last_seq } });
  };
  return (
    <Dialog title={t(planned ? "laterEdit" : "laterTitle")} closeLabel={t("cancel")} onClose={onClose}>
      <form className={form.form} onSubmit={submit} noValidate data-testid="plan-form">
        <label htmlFor="plan-at">{t("laterAt", { zone: session.organisation.time_zone })}</label>
        <input
          id="plan-at"
          type="datetime-local"
          value={at}
          aria-invalid={when === null || wrong.at ? true : undefined}
          aria-describedby={wrong.at ? "plan-wrong" : undefined}
          onChange={(event) => setAt(event.target.value)}
        />
        <label htmlFor="plan-body" className="visually-hidden">
          {t("laterTitle")}
        </label>
        <textarea id="plan-body" rows={3} dir="auto" value={body} onChange={(event) => setBody(event.target.value)} />
        <p className={form.count}>
          <SegmentCounter wording={wording} most={line.most_parts} onReplace={(saving) => setBody(saving.text)} />
        </p>
        <label className={form.check}>
          <input type="checkbox" checked={unless} onChange={(event) => setUnless(event.target.checked)} />
          <span>{t("laterUnless")}</span>
        </label>
        <p id="plan-wrong" role="alert" className={styles.wrong}>
          {plan.isError ? (plan.error instanceof ApiError && plan.error.status !== 0 ? (Object.values(wrong)[0] ?? plan.error.message) : t("unreachable")) : ""}
        </p>
        <div className={styles.buttons}>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" look="primary" disabled={when === null || plan.isPending || body.trim() === "" || wording.tooLong} data-testid="plan-save">
            {t("laterSave")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** At the end of the thread: what leaves later, and what did not leave. */
export function ScheduledList({ row, onAgain }: { row: Row; onAgain: (body: string) => void }) {
  const { t } = useTranslation("quick");
  const session = useSession();
  const found = useScheduled(row.id, !isObserver(session));
  const [edited, setEdited] = useState<Scheduled | null>(null);
  const plan = usePlan(row.id, () => undefined);
  const items = found.data?.items ?? [];
  if (items.length === 0) return null;
  const giveUp = (one: Scheduled) =>
    plan.mutate({ id: one.id, given: null }, { onSuccess: () => one.state === "pending" && toast(t("laterCancelled")), onError: () => toast(t("unreachable"), { bad: true }) });
  const state = (one: Scheduled): string => {
    if (one.state === "unsent") return t("laterUnsent", { why: t(`why.${whyOf(one.reason)}`) });
    if (one.overtaken) return t("laterOvertaken");
    return one.by_id === session.user.id ? t("laterPending", { when: fullTime(one.at) }) : t("laterBy", { name: one.by, when: fullTime(one.at) });
  };
  return (
    <ul className={styles.scheduled} aria-label={t("laterList")} data-testid="scheduled">
      {items.map((one) => (
        <li key={one.id} className={`${thread.item} ${thread.right}`} data-state={one.state} data-testid="scheduled-one">
          <div className={`${thread.bubble} ${thread.outgoing} ${thread.pending}`}>
            <p className={thread.body} dir="auto">
              {one.body}
            </p>
          </div>
          <span className={`${thread.meta} ${one.state === "unsent" || one.overtaken ? thread.failed : ""}`}>
            <CalendarClock size={13} aria-hidden="true" />
            <span>{state(one)}</span>
            {one.by_id === session.user.id && one.state === "pending" && (
              <button type="button" onClick={() => setEdited(one)}>
                {t("laterChange")}
              </button>
            )}
            {one.by_id === session.user.id && one.state === "unsent" && (
              <button
                type="button"
                onClick={() => {
                  onAgain(one.body);
                  giveUp(one);
                }}
              >
                {t("laterAgain")}
              </button>
            )}
            {one.by_id === session.user.id && (
              <button type="button" disabled={plan.isPending} onClick={() => giveUp(one)}>
                {t(one.state === "pending" ? "laterCancel" : "laterAway")}
              </button>
            )}
          </span>
        </li>
      ))}
      {edited && <PlanDialog row={row} body={edited.body} planned={edited} onClose={() => setEdited(null)} onDone={() => setEdited(null)} />}
    </ul>
  );
}
