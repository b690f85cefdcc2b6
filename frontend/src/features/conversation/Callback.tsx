import { useMutation, useQueryClient } from "@tanstack/react-query";
import { BellRing, PhoneCall } from "lucide-react";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { mergeRowIntoDetail } from "@/api/detail";
import { ApiError, post } from "@/api/fetch";
import { isObserver, useSession } from "@/api/session";
import type { Row } from "@/api/types";
import { serverNow, useServerSecond } from "@/realtime/clock";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { fromLocal, fullTime, toLocal } from "@/ui/format";
import { toast } from "@/ui/toasts";
import { typeset } from "@/ui/typeset";
import { threadKey } from "./api";
import { Bar } from "./Bars";
import styles from "./Callback.module.css";

/** Ends a promise, or makes one; the answer is the conversation's row. */
function usePromise(row: Row) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ path, body }: { path: string; body: unknown }) => post<Row>(`/api/conversations/${row.id}/${path}`, body),
    onSuccess: (now) => {
      mergeRowIntoDetail(client, now);
      void client.invalidateQueries({ queryKey: threadKey(row.id) });
    },
  });
}

/** In the head of a conversation: promise to come back to the customer at a time. */
export function CallbackButton({ row }: { row: Row }) {
  const { t } = useTranslation("conversation");
  const session = useSession();
  const [open, setOpen] = useState(false);
  if (isObserver(session)) return null;
  return (
    <>
      <Button look="quiet" square aria-label={t("callback.promise")} icon={<PhoneCall size={17} />} onClick={() => setOpen(true)} data-testid="callback" />
      {open && <CallbackDialog row={row} onClose={() => setOpen(false)} />}
    </>
  );
}

/** Above the composer: what was promised, and that its time has come. */
export function CallbackBar({ row }: { row: Row }) {
  const { t } = useTranslation("conversation");
  const session = useSession();
  const now = useServerSecond();
  const [moving, setMoving] = useState(false);
  const end = usePromise(row);
  if (row.callback_at === null) return null;
  const due = Date.parse(row.callback_at) / 1000 <= now;
  const failed = () => toast(t("callback.failed"), { bad: true });
  const settle = (kept: boolean) => end.mutate({ path: "callback/end", body: { kept } }, { onError: failed });
  return (
    <div data-testid="callback-bar" data-due={due}>
      <Bar
        look={due ? "queued" : "closed"}
        icon={due ? <BellRing size={17} /> : <PhoneCall size={17} />}
        title={t(due ? "callback.due" : "callback.promised", { when: fullTime(row.callback_at) })}
        text=""
      >
        {!isObserver(session) && (
          <>
            <Button size="small" look={due ? "primary" : "plain"} disabled={end.isPending} onClick={() => settle(true)} data-testid="callback-kept">
              {t("callback.kept")}
            </Button>
            <Button size="small" onClick={() => setMoving(true)}>{t("callback.move")}</Button>
            <Button size="small" look="quiet" disabled={end.isPending} onClick={() => settle(false)}>{t("callback.drop")}</Button>
          </>
        )}
      </Bar>
      {moving && <CallbackDialog row={row} onClose={() => setMoving(false)} />}
    </div>
  );
}

const HOUR_MS = 3_600_000;

function CallbackDialog({ row, onClose }: { row: Row; onClose: () => void }) {
  const { t } = useTranslation("conversation");
  const session = useSession();
  const [at, setAt] = useState(() => toLocal(row.callback_at ?? new Date(serverNow() + HOUR_MS).toISOString()));
  const [note, setNote] = useState("");
  const promise = usePromise(row);
  const errors = promise.error instanceof ApiError ? promise.error.fields : {};
  const when = fromLocal(at);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (when === null) return;
    promise.mutate(
      { path: "callback", body: { at: when, ...(note.trim() ? { note } : {}) } },
      {
        onSuccess: () => {
          toast(t("callback.done", { when: fullTime(when) }));
          onClose();
        },
      },
    );
  };
  return (
    <Dialog title={t("callback.title")} closeLabel={t("callback.cancel")} onClose={onClose}>
      <form className={styles.form} onSubmit={submit} noValidate>
        <label htmlFor="callback-at">{t("callback.at", { zone: session.organisation.time_zone })}</label>
        <input id="callback-at" type="datetime-local" value={at} aria-invalid={errors.at || when === null ? true : undefined} aria-describedby={errors.at ? "callback-at-error" : undefined} onChange={(event) => setAt(event.target.value)} />
        {errors.at && <p id="callback-at-error" className={styles.error}>{typeset(errors.at)}</p>}
        <label htmlFor="callback-note">{t("callback.note")}</label>
        <input id="callback-note" type="text" autoComplete="off" maxLength={300} value={note} onChange={(event) => setNote(event.target.value)} />
        {errors.note && <p className={styles.error}>{typeset(errors.note)}</p>}
        <p className={styles.hint}>{t("callback.hint")}</p>
        <div className={styles.foot}>
          <p role="alert" className={styles.error}>{promise.isError && Object.keys(errors).length === 0 ? t("callback.failed") : ""}</p>
          <Button onClick={onClose}>{t("callback.cancel")}</Button>
          <Button type="submit" look="primary" disabled={promise.isPending || when === null} data-testid="callback-save">{t("callback.save")}</Button>
        </div>
      </form>
    </Dialog>
  );
}
