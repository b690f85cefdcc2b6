/** The list that "/" and ":" open while a text is written: what is in it, which one is chosen, and the keys. */
import { useDeferredValue, useEffect, useId, useMemo, useState, type KeyboardEvent, type RefObject } from "react";
import { useTranslation } from "react-i18next";
import type { Row } from "@/api/types";
import { findTrigger, fold, putIn, searchReplies, wordsOf, type Trigger } from "./quick";
import { countUse, useReplies } from "./repliesApi";
import { fill } from "./variables";

export interface Choice {
  key: string;
  title: string;
  hint?: string;
  mark?: string;
  sign?: string;
  /** What is put in. */
  put: string;
  /** Shown before it is. */
  body?: string;
  missing?: string[];
  replyId?: string;
}

interface Given {
  row: Row;
  text: string;
  field: RefObject<HTMLTextAreaElement | null>;
  /** Canned replies are for customers; emoji go everywhere. */
  answers: boolean;
  onPut: (text: string, caret: number, missing: string[]) => void;
}

const SHOWN = 30;

export function useQuick({ row, text, field, answers, onPut }: Given) {
  const { t } = useTranslation("quick");
  const id = useId();
  const [trigger, setTrigger] = useState<Trigger | null>(null);
  /** Closed by Escape: it stays so while that word is written. */
  const [closedAt, setClosedAt] = useState<number | null>(null);
  /** Where the sign stands that the menu has put in. */
  const [asked, setAsked] = useState<number | null>(null);
  const [active, setActive] = useState(0);
  const [emoji, setEmoji] = useState<readonly { sign: string; names: string }[]>([]);
  const query = useDeferredValue(trigger?.query ?? "");
  const sign = trigger && trigger.start !== closedAt && (trigger.sign === ":" || answers) ? trigger.sign : null;
  const replies = useReplies(row.id, sign === "/");

  useEffect(() => {
    if (sign === ":" && emoji.length === 0) void import("./emoji").then((found) => setEmoji(found.EMOJI));
  }, [sign, emoji.length]);

  const choices = useMemo<Choice[]>(() => {
    if (sign === ":")
      return emoji
        .filter(({ names }) => names.split(" ").some((name) => name.startsWith(fold(query))))
        .slice(0, SHOWN)
        .map((one) => ({ key: one.sign, sign: one.sign, title: one.names.split(" ")[0]!, put: one.sign }));
    if (sign !== "/" || !replies.data) return [];
    const { items, values } = replies.data;
    return searchReplies(items, query)
      .slice(0, SHOWN)
      .map((one) => {
        const words = wordsOf(one, row.contact.language ?? "fr");
        const filled = fill(words.text, values[words.language]);
        return {
          key: one.id, replyId: one.id, title: one.title, hint: `/${one.shortcut}`, put: filled.text, body: filled.text, missing: filled.missing,
          mark: t(`scope.${one.scope as "personal" | "team" | "all"}`),
        };
      });
  }, [sign, emoji, replies.data, query, row.contact.language, t]);

  useEffect(() => setActive(0), [query, sign]);
  const at = Math.min(active, Math.max(0, choices.length - 1));

  /** The caret has moved, or the text has changed. */
  const look = () => {
    const element = field.current;
    if (!element) return;
    const found = element.selectionStart === element.selectionEnd ? findTrigger(element.value, element.selectionStart, asked) : null;
    setTrigger((now) => (now?.start === found?.start && now?.end === found?.end && now?.query === found?.query ? now : found));
    if (found?.start !== closedAt) setClosedAt(null);
    if (found?.start !== asked) setAsked(null);
  };

  const choose = (one: Choice) => {
    if (!trigger) return;
    const made = putIn(text, trigger, one.put);
    setTrigger(null);
    onPut(made.text, made.caret, one.missing ?? []);
    if (one.replyId) void countUse(one.replyId);
  };

  /** From the menu: the sign is put in behind what stands there, and its list opens. */
  const ask = (wanted: Trigger["sign"]) => {
    const before = text === "" || /\s$/u.test(text) ? text : `${text} `;
    const end = before.length + 1;
    setAsked(before.length);
    setClosedAt(null);
    onPut(before + wanted, end, []);
    setTrigger({ sign: wanted, start: before.length, end, query: "" });
  };

  const open = sign !== null && (choices.length > 0 || (sign === "/" && query === ""));

  /** True: the key was the list's. */
  const press = (event: KeyboardEvent): boolean => {
    if (!open || event.altKey || event.ctrlKey || event.metaKey) return false;
    if (event.key === "Escape") {
      setClosedAt(trigger!.start);
    } else if (choices.length === 0) return false;
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      setActive((at + (event.key === "ArrowDown" ? 1 : choices.length - 1)) % choices.length);
    } else if ((event.key === "Enter" && !event.shiftKey) || (event.key === "Tab" && !event.shiftKey)) {
      // What is looked for is what was typed: the list that stands there may be of a letter less.
      if (!event.repeat && query === trigger!.query) choose(choices[at]!);
    } else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  };

  const empty =
    choices.length > 0 || sign !== "/" ? null
    : replies.isError ? t("failed")
    : !replies.data ? t("loading")
    : t("empty");
  const preview = trigger && choices[at] ? putIn(text, trigger, choices[at].put).text : text;
  return { id, open, sign, choices, active: at, preview, empty, look, press, choose, ask, hover: setActive, close: () => setTrigger(null) };
}

export type Quick = ReturnType<typeof useQuick>;
