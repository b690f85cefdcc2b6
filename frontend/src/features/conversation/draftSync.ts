/**
 * Drafts on the server. A pause in typing sends what stands there; leaving the page, the conversation or the desk sends
 * it at once. What another browser has written since is never overwritten unseen: both stand there until he chooses.
 */
import { ApiError, get, request } from "@/api/fetch";
import type { Schemas } from "@/api/types";
import { uuid } from "@/api/uuid";
import { heldDrafts, noteKept, onWritten, readDraft, takeOver, type Mode } from "./drafts";

type View = Schemas["ReplyDraft"];
export interface Elsewhere {
  text: string;
  rev: number;
  at: string;
}

const PAUSE_MS = 1_200;
const SOON_MS = 400;
/** Not of a conversation: what is written in the dialog for new texts stays in this browser. */
const ONLY_HERE = new Set(["new"]);
const TAB = "palabre.tab";

let browser = "";
let edit = 0;
const timers = new Map<string, ReturnType<typeof setTimeout>>();
const busy = new Map<string, Promise<void>>();
const quarrels = new Map<string, Elsewhere>();
const revisions = new Map<string, number>();
/** Whose last save did not arrive. */
const failed = new Set<string>();
const listeners = new Set<() => void>();

const keyOf = (id: string, mode: Mode) => `${mode} ${id}`;
const ofKey = (key: string): [string, Mode] => {
  const [mode, id] = key.split(" ") as [Mode, string];
  return [id, mode];
};

export const elsewhereOf = (id: string, mode: Mode): Elsewhere | undefined => quarrels.get(keyOf(id, mode));
export function onElsewhere(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function quarrel(key: string, other: Elsewhere | null): void {
  if (other === null ? !quarrels.delete(key) : false) return;
  if (other !== null) quarrels.set(key, other);
  for (const listener of listeners) listener();
}

/** This tab's name: two tabs of one browser are two writers. It outlives a reload. */
function tab(): string {
  try {
    const known = sessionStorage.getItem(TAB);
    if (known) return known;
    const made = uuid();
    sessionStorage.setItem(TAB, made);
    return made;
  } catch {
    return uuid();
  }
}

export function startDraftSync(): void {
  browser = tab();
  onWritten((id, mode) => {
    if (ONLY_HERE.has(id)) return;
    const key = keyOf(id, mode);
    clearTimeout(timers.get(key));
    timers.set(key, setTimeout(() => void save(key), PAUSE_MS));
  });
}

export function stopDraftSync(): void {
  void flushDrafts();
  onWritten(null);
}

/** Signed out: nothing of it stays, and nothing is written any more. */
export function forgetDraftSync(): void {
  for (const timer of timers.values()) clearTimeout(timer);
  timers.clear();
  if (soon !== null) clearTimeout(soon);
  soon = null;
  quarrels.clear();
  revisions.clear();
  failed.clear();
}

/** What waits for a pause is sent now; the page may close behind it. */
export function flushDrafts(): Promise<unknown> {
  const waiting = [...timers.keys()];
  for (const key of waiting) clearTimeout(timers.get(key));
  return Promise.all([...busy.values(), ...waiting.map((key) => save(key, true))]);
}

async function save(key: string, leaving = false): Promise<void> {
  timers.delete(key);
  // One at a time: a later state never arrives before an earlier one. Who leaves cannot wait.
  const before = busy.get(key);
  if (before && !leaving) await before;
  const [id, mode] = ofKey(key);
  if (quarrels.has(key)) return;
  edit = Math.max(edit + 1, Date.now());
  const text = readDraft(id, mode)?.text ?? "";
  const sending = send(key, text, leaving);
  busy.set(key, sending);
  await sending;
  if (busy.get(key) === sending) busy.delete(key);
}

async function send(key: string, text: string, leaving: boolean): Promise<void> {
  const [id, mode] = ofKey(key);
  const body = { mode, text, browser, edit, based_on: revisions.get(key) ?? readDraft(id, mode)?.rev ?? 0 };
  try {
    const kept = await request<View>("PUT", `/api/conversations/${id}/draft`, { body, keepalive: leaving });
    failed.delete(key);
    revisions.set(key, kept.revision);
    if ((readDraft(id, mode)?.text ?? "") === text) noteKept(id, mode, kept.revision);
  } catch (failure) {
    if (failure instanceof ApiError && failure.code === "draft_elsewhere") {
      const facts = (failure.body as { error: { facts: Record<string, unknown> } }).error.facts;
      quarrel(key, { text: String(facts.text), rev: Number(facts.revision), at: String(facts.at) });
    }
    // Else it stays in this browser, and is tried again when the line is back.
    else if (!(failure instanceof ApiError) || failure.isTemporary) failed.add(key);
  }
}

/** Another browser of his has begun, ended or taken over a draft; or this page opens. */
export async function fetchDrafts(): Promise<void> {
  // First what is known here: else what was sent while the line was cut would come back as a draft.
  await Promise.all([...failed].map((key) => save(key)));
  let items: View[];
  try {
    ({ items } = await get<{ items: View[] }>("/api/drafts"));
  } catch {
    return;
  }
  const there = new Map(items.map((one) => [keyOf(one.conversation_id, one.mode as Mode), one]));
  for (const [key, one] of there) meet(key, one);
  for (const { id, mode, draft } of heldDrafts()) {
    const key = keyOf(id, mode);
    if (there.has(key) || ONLY_HERE.has(id)) continue;
    // The server had these very words and has none now: they were sent, or given up, in another browser.
    if (draft.kept && !timers.has(key)) takeOver(id, { text: "", mode });
    else if (!timers.has(key)) void save(key);
  }
}

let soon: ReturnType<typeof setTimeout> | null = null;

/** An event of his own: of several within a moment, one is asked for. */
export function draftsChanged(): void {
  soon ??= setTimeout(() => {
    soon = null;
    void fetchDrafts();
  }, SOON_MS);
}

function meet(key: string, one: View): void {
  const [id, mode] = ofKey(key);
  const here = readDraft(id, mode);
  const known = revisions.get(key) ?? here?.rev ?? 0;
  revisions.set(key, Math.max(known, one.revision));
  if (here?.text === one.text) noteKept(id, mode, one.revision);
  else if (one.browser === browser && here !== undefined) void save(key);
  else if (here === undefined || here.kept === true) {
    if (!timers.has(key) && !busy.has(key) && !failed.has(key)) takeOver(id, { text: one.text, mode, rev: one.revision, kept: true });
  } else if (known === one.revision) void save(key);
  else {
    revisions.set(key, known);
    quarrel(key, { text: one.text, rev: one.revision, at: one.at });
  }
}

/** He has seen both: what stands here stays, or the other takes its place. */
export function settleElsewhere(id: string, mode: Mode, take: boolean): void {
  const key = keyOf(id, mode);
  const other = quarrels.get(key);
  if (!other) return;
  revisions.set(key, other.rev);
  quarrel(key, null);
  if (take) takeOver(id, { text: other.text, mode, rev: other.rev, kept: false });
  void save(key);
}
