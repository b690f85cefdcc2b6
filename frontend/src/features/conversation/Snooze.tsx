import { AlarmClock, BellRing } from "lucide-react";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { findLine, useSession } from "@/api/session";
import type { Row } from "@/api/types";
import { serverNow } from "@/realtime/clock";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { clockTime, dayKey, fromLocal, fullTime, toLocal } from "@/ui/format";
import { Menu } from "@/ui/Menu";
import { Bar } from "./Bars";
import { SegmentCounter } from "./SegmentCounter";
import { presets, promised } from "./snoozePresets";
import { ORDINARY, wordingOf } from "./wording";
import callback from "./Callback.module.css";
import styles from "./Conversation.module.css";

interface SnoozeProps {
  row: Row;
  busy: boolean;
  /** The customer may be sent a text. */
  mayText: boolean;
  /** The newest message on the screen. */
  seen: number;
  /**
   * Puts it aside until a moment; null: until the customer writes. `seen`: a text after this one refuses, also one that
   * came behind the dialog. `text`: what he is told, with it. `done`: it is.
   */
  onSnooze: (until: string | null, seen: number, text?: string, done?: () => void) => void;
}

interface Promised {
  at: string;
  /** null: the words that follow from the time. */
  text: string | null;
}

/** In the head of one's own conversation: put it aside. */
export function SnoozeMenu({ row, busy, mayText, seen, onSnooze }: SnoozeProps) {
  const { t } = useTranslation("conversation");
  const [asking, setAsking] = useState<{ what: "time" | "promise"; seen: number } | null>(null);
  /** What he was to be told when it failed: it stands there again, and is the same text for the server. */
  const [unsent, setUnsent] = useState<Promised | null>(null);
  const now = serverNow();
  const when = (at: string) => (dayKey(at) === dayKey(now) ? clockTime(at) : fullTime(at));
  return (
    <>
      <Menu
        label={t("snooze.menu")}
        align="end"
        className={styles.action}
        groups={[
          {
            items: presets(now).map(({ key, at }) => ({ key, label: t(`snooze.${key}`, { when: when(at) }), run: () => onSnooze(at, seen) })),
          },
          {
            items: [
              { key: "answer", label: t("snooze.answer"), run: () => onSnooze(null, seen) },
              { key: "other", label: t("snooze.other"), run: () => setAsking({ what: "time", seen }) },
              ...(mayText ? [{ key: "promise", label: t("snooze.promise"), run: () => setAsking({ what: "promise", seen }) }] : []),
            ],
          },
        ]}
        testId="snooze"
      >
        <AlarmClock size={15} aria-hidden="true" />
        <span>{t("snooze.menu")}</span>
      </Menu>
      {asking && (
        <SnoozeDialog
          row={row}
          busy={busy}
          mayText={mayText}
          tells={asking.what === "promise"}
          unsent={unsent}
          onClose={() => setAsking(null)}
          onSave={(until, promise, text) => {
            setAsking(null);
            if (text !== undefined) setUnsent(promise);
            onSnooze(until, asking.seen, text, () => setUnsent(null));
          }}
        />
      )}
    </>
  );
}

interface DialogProps extends Omit<SnoozeProps, "seen" | "onSnooze"> {
  tells: boolean;
  unsent: Promised | null;
  onClose: () => void;
  onSave: (until: string, promise: Promised, text?: string) => void;
}

function SnoozeDialog({ row, busy, mayText, tells: first, unsent, onClose, onSave }: DialogProps) {
  const { t } = useTranslation("conversation");
  const session = useSession();
  const [at, setAt] = useState(() => unsent?.at ?? toLocal(row.snooze?.until ?? presets(serverNow())[0]!.at));
  const [tells, setTells] = useState(first);
  const [written, setWritten] = useState<string | null>(unsent?.text ?? null);
  const until = fromLocal(at);
  const line = findLine(session, row.line_id) ?? ORDINARY;
  const text = written ?? (until === null ? "" : promised(row.contact.language ?? session.organisation.languages[0] ?? "fr", until, serverNow()));
  const wording = wordingOf(text.trim(), line);
  const sendable = !tells || (text.trim() !== "" && !wording.tooLong);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (until !== null && sendable) onSave(until, { at, text: written }, tells ? wording.sent : undefined);
  };
  return (
    <Dialog title={t("snooze.title")} closeLabel={t("snooze.cancel")} onClose={onClose}>
      <form className={callback.form} onSubmit={submit} noValidate>
        <label htmlFor="snooze-at">{t("snooze.at", { zone: session.organisation.time_zone })}</label>
        <input id="snooze-at" type="datetime-local" value={at} aria-invalid={until === null ? true : undefined} onChange={(event) => setAt(event.target.value)} />
        <p className={callback.hint}>{t("snooze.hint")}</p>
        {mayText && (
          <label className={callback.check}>
            <input type="checkbox" checked={tells} onChange={(event) => setTells(event.target.checked)} data-testid="snooze-tell" />
            <span>{t("snooze.tell")}</span>
          </label>
        )}
        {tells && (
          <>
            <label htmlFor="snooze-text">{t("snooze.text")}</label>
            <textarea id="snooze-text" rows={3} dir="auto" value={text} onChange={(event) => setWritten(event.target.value)} data-testid="snooze-text" />
            <p className={callback.count}>
              <SegmentCounter wording={wording} most={line.most_parts} onReplace={(saving) => setWritten(saving.text)} />
            </p>
          </>
        )}
        <div className={callback.foot}>
          <Button onClick={onClose}>{t("snooze.cancel")}</Button>
          <Button type="submit" look="primary" disabled={busy || until === null || !sendable} data-testid="snooze-save">
            {t(tells ? "snooze.saveAndSend" : "snooze.save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** Above the composer of a sleeping conversation: until when, and waking it. */
export function SnoozeBar({ row, mayWake, busy, onWake }: { row: Row; mayWake: boolean; busy: boolean; onWake: () => void }) {
  const { t } = useTranslation("conversation");
  if (!row.snooze) return null;
  const { until } = row.snooze;
  const today = until !== null && dayKey(until) === dayKey(serverNow());
  return (
    <div data-testid="snooze-bar">
      <Bar
        look="closed"
        icon={<AlarmClock size={17} />}
        title={until ? t(today ? "snooze.sleepsToday" : "snooze.sleeps", { when: today ? clockTime(until) : fullTime(until) }) : t("snooze.sleepsAnswer")}
        text={mayWake ? t("snooze.sleepsHint") : ""}
      >
        {mayWake && (
          <Button size="small" look="primary" hint="S" disabled={busy} icon={<BellRing size={14} aria-hidden="true" />} onClick={onWake} data-testid="wake">
            {t("snooze.wake")}
          </Button>
        )}
      </Bar>
    </div>
  );
}
