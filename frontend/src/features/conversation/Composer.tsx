import { SendHorizontal, StickyNote } from "lucide-react";
import { useEffect, useImperativeHandle, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent, type Ref } from "react";
import { useTranslation } from "react-i18next";
import { findLine, useSession } from "@/api/session";
import type { Row } from "@/api/types";
import { uuid } from "@/api/uuid";
import { useConnection } from "@/realtime/connection";
import { Button } from "@/ui/Button";
import { useOutbox } from "./api";
import { Articles, Suggestions } from "./Articles";
import { AttachButton, AttachedList, useAttach, useAttached } from "./Attached";
import { handOver } from "./attached";
import { readDraft, writeDraft, type Draft } from "./drafts";
import { Marks } from "./Marks";
import { SegmentCounter } from "./SegmentCounter";
import { ORDINARY, wordingOf } from "./wording";
import styles from "./Composer.module.css";

export interface ComposerHandle {
  write(mode: Draft["mode"], text?: string): void;
  /** The conversation is being taken: what is typed from this key on is the answer, unless a note has been begun. */
  prepare(): void;
  /** It was not taken: an untouched field gives the keys back to the desk; what was typed stays, as a note. */
  release(): void;
}

interface ComposerProps {
  row: Row;
  name: string;
  /** False while the bot or a colleague has the conversation: notes only. */
  mayReply: boolean;
  /** This agent has asked for the conversation and the server has not answered: he may write, and not yet send. */
  taking: boolean;
  handle: Ref<ComposerHandle>;
}

export function Composer({ row, name, mayReply, taking, handle }: ComposerProps) {
  const { t } = useTranslation("conversation");
  const session = useSession();
  const connection = useConnection();
  const { outbox } = useOutbox();
  const field = useRef<HTMLTextAreaElement>(null);
  const [draft, setDraft] = useState<Draft>(() => readDraft(row.id) ?? { text: "", mode: mayReply ? "reply" : "note" });
  const mode = mayReply || taking ? draft.mode : "note";
  const line = findLine(session, row.line_id);
  const counts = line?.capabilities.counts_segments ?? true;
  const { text } = draft;
  const wording = useMemo(() => wordingOf(text.trim(), line ?? ORDINARY), [text, line]);
  const longest = line?.capabilities.longest_text ?? Infinity;
  const tooLong = counts ? wording.tooLong : text.length > longest;
  const [focused, setFocused] = useState(false);
  const [searching, setSearching] = useState(false);
  const answers = mode === "reply" && mayReply;
  // Nothing to answer here: the way to a note stays, without shouting.
  const slim = !mayReply && !taking && text === "" && !focused;
  const attached = useAttached(row.id);
  const attachFiles = useAttach(row.id, line?.capabilities);
  const attaches = mode === "reply" && mayReply && line?.capabilities.attachments === true;
  const ready = !attaches || attached.every(({ id }) => id !== null);
  const something = text.trim() !== "" || (attaches && attached.length > 0);
  const sendable = something && (mode === "note" || (mayReply && !tooLong && ready));

  const change = (next: Draft) => {
    setDraft(next);
    writeDraft(row.id, next);
  };

  useImperativeHandle(handle, () => ({
    write: (wanted, given) => {
      change({ text: given ?? text, mode: wanted });
      field.current?.focus();
    },
    prepare: () => {
      if (text === "") change({ text, mode: "reply" });
      field.current?.focus({ preventScroll: true });
    },
    release: () => {
      if (text === "") field.current?.blur();
    },
  }));

  // What has once been shown as a note stays one, whoever has the conversation later: only R makes it an SMS.
  const lockedAsNote = mode === "note" && draft.mode === "reply" && text !== "";
  useEffect(() => {
    if (!lockedAsNote) return;
    setDraft({ text, mode: "note" });
    writeDraft(row.id, { text, mode: "note" });
  }, [lockedAsNote, row.id, text]);

  // A conversation that has just become mine is one to answer: an untouched note mode was only the lock. A field that
  // has the focus is not untouched: its owner is about to write what it says. The focus stays where the agent has it.
  const could = useRef(mayReply);
  useEffect(() => {
    if (mayReply && !could.current && document.activeElement !== field.current)
      setDraft((now) => (now.text === "" ? { ...now, mode: "reply" } : now));
    could.current = mayReply;
  }, [mayReply]);

  useLayoutEffect(() => {
    const element = field.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(element.scrollHeight + 2, 190)}px`;
  }, [text, slim]);

  const send = () => {
    if (!sendable) return;
    // What was shown is what leaves, and what stands in the thread meanwhile.
    const body = mode === "note" || !counts ? text.trim() : wording.sent;
    const attachments = attaches ? handOver(row.id) : [];
    outbox.add({ clientId: uuid(), conversationId: row.id, kind: mode === "note" ? "note" : "outgoing", body, attachments });
    // The mode stays: whoever writes two notes in a row must not find the second one on the customer's phone.
    change({ text: "", mode });
    field.current?.focus();
  };

  const insert = (answer: string) => {
    change({ text: text.trim() === "" ? answer : `${text.trimEnd()} ${answer}`, mode: "reply" });
    // Not before the dialog that it was chosen in has gone: all behind it is inert.
    requestAnimationFrame(() => field.current?.focus());
  };

  const press = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (answers && event.key.toLowerCase() === "j" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      setSearching(true);
    }
    if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      // A key held down repeats itself: one press is one text.
      if (!event.repeat) send();
    }
    if (event.key === "Escape") field.current?.blur();
  };

  const note = mode === "note";
  return (
    <form
      className={`${styles.composer} ${slim ? styles.slim : note ? styles.noteMode : ""}`}
      data-mode={mode}
      onFocus={() => setFocused(true)}
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) setFocused(false);
      }}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <div className={styles.box}>
        <div className={styles.modes} role="radiogroup" aria-label={t("composer.mode")}>
          {(mayReply || taking) && (
            <button
              type="button"
              role="radio"
              aria-checked={!note}
              className={styles.mode}
              onClick={() => change({ text, mode: "reply" })}
            >
              {t("composer.reply")}
              <kbd aria-hidden="true">R</kbd>
            </button>
          )}
          <button
            type="button"
            role="radio"
            aria-checked={note}
            className={styles.mode}
            onClick={() => change({ text, mode: "note" })}
          >
            <StickyNote size={13} aria-hidden="true" />
            {t("composer.note")}
            <kbd aria-hidden="true">N</kbd>
          </button>
        </div>
        {answers && text === "" && <Suggestions row={row} onInsert={insert} />}
        <div className={styles.field}>
          {!note && counts && wording.forcing.length > 0 && <Marks text={text} signs={wording.forcing} field={field} />}
          <textarea
            ref={field}
            data-testid="composer-text"
            rows={1}
            dir="auto"
            value={text}
            maxLength={note ? 5000 : undefined}
            placeholder={slim ? t("composer.noteSlim") : note ? t("composer.notePlaceholder") : t("composer.replyPlaceholder", { name })}
            aria-label={note ? t("composer.notePlaceholder") : t("composer.replyPlaceholder", { name })}
            onChange={(event) => change({ text: event.target.value, mode })}
            onKeyDown={press}
            onPaste={(event) => {
              if (attaches && event.clipboardData.files.length > 0) {
                event.preventDefault();
                attachFiles(event.clipboardData.files);
              }
            }}
          />
        </div>
        {attaches && <AttachedList conversationId={row.id} items={attached} />}
        <div className={styles.foot}>
          <div className={styles.facts} aria-live="off">
            {!note && counts && text !== "" ? (
              <SegmentCounter
                wording={wording}
                most={line?.most_parts ?? ORDINARY.most_parts}
                onReplace={(saving) => {
                  change({ text: saving.text, mode });
                  field.current?.focus();
                }}
              />
            ) : (
              <span className={styles.keys}>{connection.state === "offline" ? t("composer.offline") : t("composer.keys")}</span>
            )}
          </div>
          {answers && <Articles row={row} open={searching} onOpen={setSearching} onInsert={insert} />}
          {attaches && <AttachButton accepts={line?.capabilities.media ?? []} onFiles={attachFiles} />}
          <Button
            type="submit"
            look="primary"
            disabled={!sendable}
            data-testid="composer-send"
            className={styles.send}
            icon={note ? <StickyNote size={15} aria-hidden="true" /> : <SendHorizontal size={15} aria-hidden="true" />}
          >
            {note ? t("composer.saveNote") : t("composer.send")}
          </Button>
        </div>
      </div>
    </form>
  );
}
