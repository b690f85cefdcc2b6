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
import { ComposerDialogs, ComposerMenu, type Asked } from "./ComposerMenu";
import { ComposerModes } from "./ComposerModes";
import { flushDrafts } from "./draftSync";
import { onOutside, readDraft, writeDraft, type Draft, type Mode } from "./drafts";
import { ElsewhereBar, LeftDrafts, MissingValues } from "./Held";
import { Marks } from "./Marks";
import { optionId, QuickList } from "./QuickList";
import { ScheduledList } from "./Scheduled";
import { SegmentCounter } from "./SegmentCounter";
import { useQuick } from "./useQuick";
import { stillMissing } from "./variables";
import { ORDINARY, wordingOf } from "./wording";
import styles from "./Composer.module.css";

export interface ComposerHandle {
  /** `text`: is put into the text of that mode, behind what stands there. */
  write(mode: Mode, text?: string): void;
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

const read = (id: string, mode: Mode): Draft => readDraft(id, mode) ?? { text: "", mode };
const behind = (text: string, more: string): string => (text.trim() === "" ? more : `${text.trimEnd()}\n${more}`);

export function Composer({ row, name, mayReply, taking, handle }: ComposerProps) {
  const { t } = useTranslation("conversation");
  const { t: tQuick } = useTranslation("quick");
  const session = useSession();
  const connection = useConnection();
  const { outbox } = useOutbox();
  const field = useRef<HTMLTextAreaElement>(null);
  // An answer and a note are two texts: no key and no change of owner makes one of the other's words but from the
  // answer, which was never sent, to the note.
  const [drafts, setDrafts] = useState({ reply: read(row.id, "reply"), note: read(row.id, "note") });
  const [wanted, setMode] = useState<Mode>(mayReply ? "reply" : "note");
  const mode = mayReply || taking ? wanted : "note";
  const { text } = drafts[mode];
  const line = findLine(session, row.line_id);
  const counts = line?.capabilities.counts_segments ?? true;
  const wording = useMemo(() => wordingOf(text.trim(), line ?? ORDINARY), [text, line]);
  const longest = line?.capabilities.longest_text ?? Infinity;
  const tooLong = counts ? wording.tooLong : text.length > longest;
  const [focused, setFocused] = useState(false);
  const [searching, setSearching] = useState(false);
  const [asked, setAsked] = useState<Asked | null>(null);
  const answers = mode === "reply" && mayReply;
  // Nothing to answer here: the way to a note stays, without shouting.
  const slim = !mayReply && !taking && text === "" && !focused;
  const attached = useAttached(row.id);
  const attachFiles = useAttach(row.id, line?.capabilities);
  const attaches = answers && line?.capabilities.attachments === true;
  const ready = !attaches || attached.every(({ id }) => id !== null);
  const something = text.trim() !== "" || (attaches && attached.length > 0);
  const missing = mode === "reply" ? stillMissing(text, drafts.reply.missing) : [];
  const sendable = something && (mode === "note" || (mayReply && !tooLong && ready && missing.length === 0));

  const change = (next: Draft) => {
    setDrafts((now) => ({ ...now, [next.mode]: next }));
    writeDraft(row.id, next);
  };
  /** The same text of this mode with other words: what it lacks, it goes on lacking. */
  const rewrite = (words: string, lacks: readonly string[] = []) =>
    change({ text: words, mode, missing: mode === "reply" ? stillMissing(words, [...(drafts.reply.missing ?? []), ...lacks]) : undefined });

  const focusAt = (caret: number | null) =>
    // Not before the dialog that it was chosen in has gone: all behind it is inert.
    requestAnimationFrame(() => {
      field.current?.focus();
      if (caret !== null) field.current?.setSelectionRange(caret, caret);
    });

  const goOn = (to: Mode, more?: string) => {
    setMode(to);
    if (more !== undefined) change({ ...drafts[to], text: behind(drafts[to].text, more), mode: to });
    field.current?.focus();
  };

  useImperativeHandle(handle, () => ({
    write: goOn,
    prepare: () => {
      if (text === "") setMode("reply");
      field.current?.focus({ preventScroll: true });
    },
    release: () => {
      if (text === "") field.current?.blur();
    },
  }));

  // What stood before his eyes as an answer and cannot be one any more goes on as a note, and stays one.
  const lockedAsNote = mode === "note" && wanted === "reply";
  const unsendable = drafts.reply.text;
  useEffect(() => {
    if (!lockedAsNote) return;
    if (unsendable === "") return;
    setMode("note");
    change({ text: behind(drafts.note.text, unsendable), mode: "note" });
    change({ text: "", mode: "reply" });
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once, when it is locked
  }, [lockedAsNote, unsendable]);

  // A conversation that has just become mine is one to answer: an untouched note mode was only the lock. A field that
  // has the focus is not untouched: its owner is about to write what it says. The focus stays where the agent has it.
  const could = useRef(mayReply);
  const noted = drafts.note.text;
  useEffect(() => {
    if (mayReply && !could.current && document.activeElement !== field.current && noted === "") setMode("reply");
    could.current = mayReply;
  }, [mayReply, noted]);

  // Another browser of his, or the server, has put something else in its place.
  useEffect(() => onOutside((id, of) => id === row.id && setDrafts((now) => ({ ...now, [of]: read(id, of) }))), [row.id]);
  // Whoever looks at another conversation has left this one.
  useEffect(() => () => void flushDrafts(), [row.id]);

  useLayoutEffect(() => {
    const element = field.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(element.scrollHeight + 2, 190)}px`;
  }, [text, slim]);

  const quick = useQuick({
    row, text, field, answers,
    onPut: (words, caret, lacks) => {
      rewrite(words, lacks);
      focusAt(caret);
    },
  });

  const sent = useRef<Draft | null>(null);
  const send = () => {
    // Enter, or a click, before the field is drawn empty: what has left does not leave again.
    if (!sendable || sent.current === drafts[mode]) return;
    sent.current = drafts[mode];
    // What was shown is what leaves, and what stands in the thread meanwhile.
    const body = mode === "note" || !counts ? text.trim() : wording.sent;
    const attachments = attaches ? handOver(row.id) : [];
    outbox.add({ clientId: uuid(), conversationId: row.id, kind: mode === "note" ? "note" : "outgoing", body, attachments });
    // The mode stays: whoever writes two notes in a row must not find the second one on the customer's phone.
    change({ text: "", mode });
    field.current?.focus();
  };

  const insert = (answer: string) => {
    const words = text.trim() === "" ? answer : `${text.trimEnd()} ${answer}`;
    setMode("reply");
    rewrite(words);
    focusAt(words.length);
  };

  const press = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing || quick.press(event)) return;
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
    <>
      <ScheduledList row={row} onAgain={(words) => goOn("reply", words)} />
      <form
        className={`${styles.composer} ${slim ? styles.slim : note ? styles.noteMode : ""}`}
        data-mode={mode}
        onFocus={() => setFocused(true)}
        onBlur={(event) => {
          if (event.currentTarget.contains(event.relatedTarget)) return;
          setFocused(false);
          quick.close();
        }}
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <div className={styles.box}>
          <ComposerModes mode={mode} mayReply={mayReply || taking} waits={note ? drafts.reply.text !== "" : drafts.note.text !== ""} onMode={setMode} />
          {answers && <LeftDrafts row={row} onTake={insert} />}
          <ElsewhereBar conversationId={row.id} mode={mode} />
          {answers && text === "" && <Suggestions row={row} onInsert={insert} />}
          {quick.open && (
            <QuickList
              id={quick.id}
              choices={quick.choices}
              active={quick.active}
              preview={quick.preview}
              parts={text.slice(0, -1) === "" ? 0 : wording.count.parts}
              rules={!note && counts ? (line ?? ORDINARY) : null}
              label={tQuick(quick.sign === ":" ? "emojiList" : "list")}
              empty={quick.empty}
              onHover={quick.hover}
              onChoose={quick.choose}
            />
          )}
          <MissingValues row={row} names={missing} field={field} text={text} onFilled={rewrite} />
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
              aria-autocomplete="list"
              aria-controls={quick.open ? quick.id : undefined}
              aria-activedescendant={quick.open && quick.choices.length > 0 ? optionId(quick.id, quick.active) : undefined}
              onChange={(event) => {
                rewrite(event.target.value);
                quick.look();
              }}
              onSelect={quick.look}
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
                    rewrite(saving.text);
                    field.current?.focus();
                  }}
                />
              ) : (
                <span className={styles.keys}>{connection.state === "offline" ? t("composer.offline") : t("composer.keys")}</span>
              )}
            </div>
            <ComposerMenu
              written={text.trim() !== ""}
              answers={answers}
              sendable={sendable && answers && attached.length === 0}
              onAsk={quick.ask}
              onOpen={setAsked}
            />
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
      <ComposerDialogs asked={asked} row={row} text={text} body={wording.sent} onClose={() => setAsked(null)} onPlanned={() => change({ text: "", mode: "reply" })} />
    </>
  );
}
