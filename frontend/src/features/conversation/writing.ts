/**
 * A new text that is being written: what stands in the dialog, kept in this browser until the server has answered.
 *
 * `clientId` stands there from the moment it was asked to be sent until an answer came: a request whose answer was lost
 * is asked again under it, also after a reload, and sends nothing twice.
 */
import type { TFunction } from "i18next";
import { ApiError, post } from "@/api/fetch";
import type { CheckedNumbers, NewTextResult } from "@/api/types";
import { readDraft, writeDraft } from "./drafts";

export interface NewText {
  lineId: string;
  to: string;
  text: string;
  /** null: not touched. One number is a talk, several are a notice. */
  keep: boolean | null;
  clientId: string | null;
  /** What was asked under it, to the letter: asked again in other words it would be another request. */
  asked: Asked | null;
}

export interface Asked {
  line_id: string;
  numbers: string[];
  body: string;
  keep: boolean;
}

export const MOST = 100;
/** Where it begins: the person of a conversation that is over. */
export type First = Pick<NewText, "lineId" | "to">;

const DRAFT = "new";
const LINE = "palabre.newText.line";

/** Each number as it was written. A space may stand inside a number, so it separates nothing. */
export const splitNumbers = (written: string): string[] =>
  written
    .split(/[,;\n\r\t]+/)
    .map((one) => one.trim())
    .filter(Boolean);

/** `written` without what one number was spelled as. */
export const withoutNumber = (written: string, given: string): string =>
  splitNumbers(written)
    .filter((one) => one !== given)
    .join(", ");

/** The name that is being typed, after the last separator; "" while it is a number. */
export const nameSought = (written: string): string => {
  const last = written.split(/[,;\n\r\t]/).at(-1)!.trim();
  return last.length >= 2 && /\p{L}{2}/u.test(last) && !/\d{3}/.test(last) ? last : "";
};

/** `written` with a number in the place of the name that was being typed. */
export const withNumber = (written: string, number: string): string => {
  const before = splitNumbers(written.slice(0, written.length - written.split(/[,;\n\r\t]/).at(-1)!.length));
  return [...before, number, ""].join(", ");
};

export const keeps = ({ keep, to }: NewText): boolean => keep ?? splitNumbers(to).length <= 1;

/**
 * What this browser has kept; else an empty one, on the line of the conversation that is before the eyes (`near`), or on
 * the one that was used last. Of a draft to others only the words.
 */
export function beginNewText(lineIds: string[], first: First | null, near: string | null = null): NewText {
  const remembered = localStorage.getItem(LINE);
  const known = [near, remembered].find((id) => id !== null && lineIds.includes(id));
  const lineId = known ?? lineIds[0] ?? "";
  const empty: NewText = { lineId, to: "", text: "", keep: null, clientId: null, asked: null };
  try {
    const stored = JSON.parse(readDraft(DRAFT)?.text ?? "{}") as Partial<NewText>;
    // One that may have been sent is asked again before anything else, though its line be off by now.
    if (stored.clientId) return { ...empty, ...stored };
    const usable = stored.lineId === undefined || lineIds.includes(stored.lineId);
    const kept = { ...empty, ...stored, ...(usable ? {} : { lineId }) };
    if (!first) return kept;
    return { ...kept, to: first.to, keep: null, lineId: lineIds.includes(first.lineId) ? first.lineId : kept.lineId };
  } catch {
    return empty;
  }
}

export function keepNewText(now: NewText): void {
  const nothing = now.to.trim() === "" && now.text.trim() === "";
  writeDraft(DRAFT, { text: nothing ? "" : JSON.stringify(now), mode: "reply" });
}

export function forgetNewText(): void {
  writeDraft(DRAFT, { text: "", mode: "reply" });
}

/** Whether what is kept here is what was asked under `clientId`: a late answer must not touch what was begun since. */
export function isAsked(clientId: string): boolean {
  try {
    return (JSON.parse(readDraft(DRAFT)?.text ?? "{}") as Partial<NewText>).clientId === clientId;
  } catch {
    return false;
  }
}

export function rememberLine(lineId: string): void {
  try {
    localStorage.setItem(LINE, lineId);
  } catch {
    // Storage full or forbidden: the next one begins on the first line.
  }
}

export const checkNumbers = (lineId: string, numbers: string[]): Promise<CheckedNumbers> =>
  post<CheckedNumbers>("/api/texts/check", { line_id: lineId, numbers });

export const askedOf = (one: NewText, body: string): Asked => ({ line_id: one.lineId, numbers: splitNumbers(one.to), body, keep: keeps(one) });

export const sendNewText = (asked: Asked, clientId: string): Promise<NewTextResult> => post<NewTextResult>("/api/texts", { ...asked, client_id: clientId });

/** The server's refusals of a request as a whole, of which it keeps nothing. */
const NOTHING_KEPT = ["no_line", "line_off", "no_link", "empty", "too_long", "required", "too_many_recipients", "too_many_texts", "invalid"];

/**
 * Whether a refusal proves that nothing was sent. Only of the first try: a later one may be refused for what has changed
 * since, while the first was stored and its answer lost. Who is signed out, or stopped on the way, knows nothing either.
 */
export const provesNothingSent = (failure: unknown, isFirst: boolean): boolean => isFirst && failure instanceof ApiError && NOTHING_KEPT.includes(failure.code);

const KNOWN = [
  "opted_out", "wrong_number", "no_such_number", "not_a_number", "number_too_long", "number_too_short", "extension", "no_link", "line_off", "abandoned",
] as const;

/** Why a number gets nothing, in words. */
export function refusalOf(t: TFunction<"newText">, code: string, facts: { owner?: unknown; parts?: unknown }): string {
  if (code === "already_owned") return t("refusal.already_owned", { owner: typeof facts.owner === "string" ? facts.owner : t("refusal.someone") });
  if (code === "too_long") return t("refusal.too_long", { parts: String(facts.parts ?? "?") });
  const known = KNOWN.find((one) => one === code);
  return known ? t(`refusal.${known}`) : t("refusal.other", { code });
}
