import { useMutation } from "@tanstack/react-query";
import { SendHorizontal } from "lucide-react";
import { useEffect, useMemo, useRef, useState, type FormEvent, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/fetch";
import { findLine, useSession } from "@/api/session";
import type { NewTextResult as Result } from "@/api/types";
import { uuid } from "@/api/uuid";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { typeset } from "@/ui/typeset";
import { saveAllDrafts } from "./drafts";
import { Marks } from "./Marks";
import { askedOf, beginNewText, forgetNewText, isAsked, keepNewText, keeps, MOST, provesNothingSent, rememberLine, sendNewText, splitNumbers, withNumber, type Asked, type First, type NewText } from "./writing";
import { NewTextResult } from "./NewTextResult";
import { Numbers, useChecked } from "./Numbers";
import { PeopleFound } from "./PeopleFound";
import { SegmentCounter } from "./SegmentCounter";
import { ORDINARY, wordingOf } from "./wording";
import styles from "./NewText.module.css";

interface NewTextDialogProps {
  /** The line of the conversation that is before the eyes. */
  near: string | null;
  first: First | null;
  onClose: () => void;
  onOpen: (conversationId: string) => void;
}

/** A text to people who have not written: the line, one or several numbers, the words; then what came of each. */
export function NewTextDialog({ first, near, onClose, onOpen }: NewTextDialogProps) {
  const { t } = useTranslation("newText");
  const [result, setResult] = useState<Result | null>(null);
  const shown = useRef(true);
  useEffect(() => {
    shown.current = true;
    return () => void (shown.current = false);
  }, []);
  const open = (id: string) => {
    onClose();
    onOpen(id);
  };
  const sent = (answer: Result) => {
    // Whoever has closed it is at something else by now.
    if (!shown.current) return;
    const [only] = answer.items;
    // Nothing to report: the conversation shows the rest.
    if (answer.items.length === 1 && only?.state === "sent" && only.conversation_id) open(only.conversation_id);
    else setResult(answer);
  };
  return (
    <Dialog title={t("title")} closeLabel={t("close")} onClose={onClose}>
      {result ? <NewTextResult result={result} onOpen={open} onAnew={() => setResult(null)} onClose={onClose} /> : <Form first={first} near={near} onSent={sent} onClose={onClose} />}
    </Dialog>
  );
}

function Form({ first, near, onSent, onClose }: { first: First | null; near: string | null; onSent: (answer: Result) => void; onClose: () => void }) {
  const { t } = useTranslation("newText");
  const session = useSession();
  const lines = useMemo(() => session.lines.filter((line) => line.is_enabled), [session.lines]);
  const [one, setOne] = useState<NewText>(() => beginNewText(lines.map(({ id }) => id), first, near));
  const field = useRef<HTMLTextAreaElement>(null);
  const line = findLine(session, one.lineId);
  const counts = line?.capabilities.counts_segments ?? true;
  const wording = useMemo(() => wordingOf(one.text.trim(), line ?? ORDINARY), [one.text, line]);
  const numbers = splitNumbers(one.to);
  const checked = useChecked(one.lineId, numbers);
  const known = checked.isCurrent ? checked.data?.items : undefined;
  const willGet = known?.filter(({ refusal }) => refusal === "").length ?? numbers.length;
  const tooMany = (known?.length ?? numbers.length) > MOST;

  const change = (part: Partial<NewText>) => {
    const next = { ...one, ...part };
    setOne(next);
    keepNewText(next);
  };

  const send = useMutation({
    mutationFn: ({ asked, clientId }: { asked: Asked; clientId: string; isFirst: boolean }) => sendNewText(asked, clientId),
    // Both may come when the dialog is gone, or its owner: they touch nothing but what they are the answer to.
    onSuccess: (answer, { clientId }) => {
      if (isAsked(clientId)) forgetNewText();
      onSent(answer);
    },
    onError: (refusal, { clientId, isFirst }) => {
      if (provesNothingSent(refusal, isFirst) && isAsked(clientId)) change({ clientId: null, asked: null });
    },
  });
  const failure = send.error instanceof ApiError ? send.error : null;
  // Asked, and nobody knows what became of it: the same is asked again, and nothing else.
  const uncertain = one.clientId !== null && !send.isPending;
  const locked = send.isPending || uncertain;
  const sendable = uncertain || (one.text.trim() !== "" && numbers.length > 0 && willGet > 0 && !tooMany && !(counts && wording.tooLong) && line !== undefined);

  const to = useRef<HTMLTextAreaElement>(null);
  const choose = (number: string) => {
    change({ to: withNumber(one.to, number) });
    to.current?.focus();
  };
  const submit = (event?: FormEvent) => {
    event?.preventDefault();
    if (!sendable || send.isPending) return;
    const clientId = one.clientId ?? uuid();
    const asked = one.asked ?? askedOf(one, counts ? wording.sent : one.text.trim());
    change({ clientId, asked });
    // Before it leaves: a tab that dies now must know under which key to ask again.
    saveAllDrafts();
    rememberLine(asked.line_id);
    send.mutate({ asked, clientId, isFirst: one.clientId === null });
  };
  const discard = () => {
    forgetNewText();
    send.reset();
    setOne(beginNewText(lines.map(({ id }) => id), null, near));
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.repeat && !event.nativeEvent.isComposing) submit();
  };

  const said = !failure ? (uncertain ? t("uncertain") : "")
    : failure.status === 0 || (failure.isTemporary && failure.message === "") ? t("uncertain")
    : failure.isTemporary ? t("later", { reason: typeset(failure.message) })
    : `${typeset(Object.values(failure.fields)[0] ?? failure.message)}${uncertain ? ` ${t("uncertainStill")}` : ""}`;

  return (
    <form className={styles.form} onSubmit={submit} onKeyDown={press} data-testid="new-text" noValidate>
      <div className={styles.fields}>
        <div className={styles.field}>
          <label htmlFor="new-text-to">{t("to")}</label>
          <textarea
            ref={to}
            id="new-text-to"
            data-testid="new-text-to"
            rows={2}
            inputMode="text"
            autoComplete="off"
            spellCheck={false}
            disabled={locked}
            value={one.to}
            placeholder={t("toPlaceholder")}
            aria-describedby="new-text-numbers"
            onChange={(event) => change({ to: event.target.value })}
          />
          {!locked && <PeopleFound written={one.to} onChoose={choose} />}
          <Numbers numbers={numbers} checked={checked} onChange={(written) => change({ to: written })} written={one.to} locked={locked} />
        </div>
        <div className={styles.field}>
          <label htmlFor="new-text-line">{t("line")}</label>
          <select id="new-text-line" data-testid="new-text-line" disabled={locked} value={one.lineId} onChange={(event) => change({ lineId: event.target.value })}>
            {!lines.some(({ id }) => id === one.lineId) && <option value={one.lineId}>{line ? `${line.address} · ${line.name}` : "–"}</option>}
            {lines.map(({ id, address, name }) => (
              <option key={id} value={id}>
                {address} · {name}
              </option>
            ))}
          </select>
        </div>
        <div className={styles.field}>
          <label htmlFor="new-text-text">{t("text")}</label>
          <div className={styles.words}>
            {counts && wording.forcing.length > 0 && <Marks text={one.text} signs={wording.forcing} field={field} />}
            <textarea
              ref={field}
              data-autofocus={first ? "" : undefined}
              id="new-text-text"
              data-testid="new-text-text"
              rows={4}
              dir="auto"
              disabled={locked}
              value={one.text}
              placeholder={t("textPlaceholder")}
              onChange={(event) => change({ text: event.target.value })}
            />
          </div>
          {counts && one.text !== "" && (
            <div className={styles.facts}>
              <SegmentCounter
                wording={wording}
                most={line?.most_parts ?? ORDINARY.most_parts}
                onReplace={(saving) => {
                  change({ text: saving.text });
                  field.current?.focus();
                }}
              />
              {willGet > 1 && <strong data-testid="new-text-total">{t("total", { recipients: willGet, count: willGet * wording.count.parts })}</strong>}
            </div>
          )}
        </div>
        <label className={styles.keep}>
          <input type="checkbox" data-testid="new-text-keep" disabled={locked} checked={keeps(one)} aria-describedby="new-text-keep-hint" onChange={(event) => change({ keep: event.target.checked })} />
          <span>
            {t("keep")}
            <small id="new-text-keep-hint">{t("keepHint")}</small>
          </span>
        </label>
      </div>
      <div className={styles.foot}>
        <p role="alert" className={styles.error}>
          {said}
        </p>
        {uncertain && (
          <Button look="quiet" title={t("discardHint")} onClick={discard} data-testid="new-text-discard">
            {t("discard")}
          </Button>
        )}
        <Button onClick={onClose}>{t("cancel")}</Button>
        <Button type="submit" look="primary" disabled={!sendable || send.isPending} data-testid="new-text-send" icon={<SendHorizontal size={15} aria-hidden="true" />}>
          {send.isPending ? t("sending") : uncertain ? t("again") : willGet > 0 && numbers.length > 0 ? t("sendTo", { count: willGet }) : t("send")}
        </Button>
      </div>
    </form>
  );
}
