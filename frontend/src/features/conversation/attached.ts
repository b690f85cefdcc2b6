/**
 * Files that an agent has chosen for an answer: on their way to the server, or there. They live as long as this tab, by
 * conversation, so that looking at another one loses none. What a file is, the server says, by its content.
 */
import { ApiError, post, put, remove } from "@/api/fetch";
import { again, base64, PIECE } from "@/api/pieces";

export interface Attached {
  key: number;
  name: string;
  size: number;
  /** The draft on the server, once it is whole there. */
  id: string | null;
  /** 0 to 1. */
  progress: number;
  /** Why it cannot be sent, in the server's words; "" when it could not be reached. */
  error: string | null;
}

interface Draft {
  id: string;
}

const NONE: readonly Attached[] = [];
const held = new Map<string, readonly Attached[]>();
const listeners = new Set<() => void>();
let keys = 0;

export const readAttached = (conversationId: string): readonly Attached[] => held.get(conversationId) ?? NONE;

export function hearAttached(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function set(conversationId: string, now: readonly Attached[]): void {
  if (now.length > 0) held.set(conversationId, now);
  else held.delete(conversationId);
  for (const listener of listeners) listener();
}

function change(conversationId: string, key: number, given: Partial<Attached>): void {
  set(conversationId, readAttached(conversationId).map((one) => (one.key === key ? { ...one, ...given } : one)));
}

const isHeld = (conversationId: string, key: number): boolean => readAttached(conversationId).some((one) => one.key === key);

/** Begins to send a file; `refusal`: what is wrong with it already. */
export async function attach(conversationId: string, file: File, refusal: string | null): Promise<void> {
  const key = (keys += 1);
  const one: Attached = { key, name: file.name || "📎", size: file.size, id: null, progress: 0, error: refusal };
  set(conversationId, [...readAttached(conversationId), one]);
  if (refusal !== null) return;
  const base = `/api/conversations/${conversationId}/attachments`;
  try {
    const draft = await again(() => post<Draft>(base, { octets: file.size }));
    for (let at = 0; at < file.size; at += PIECE) {
      if (!isHeld(conversationId, key)) return void remove(`${base}/${draft.id}`).catch(() => undefined);
      const content = await base64(file.slice(at, at + PIECE));
      await again(() => put(`${base}/${draft.id}`, { at, content }));
      change(conversationId, key, { progress: Math.min(1, (at + PIECE) / file.size) });
    }
    if (isHeld(conversationId, key)) change(conversationId, key, { id: draft.id, progress: 1 });
    else void remove(`${base}/${draft.id}`).catch(() => undefined);
  } catch (failure) {
    change(conversationId, key, { error: failure instanceof ApiError ? failure.message : "" });
  }
}

export function detach(conversationId: string, one: Attached): void {
  set(conversationId, readAttached(conversationId).filter((other) => other.key !== one.key));
  // What stays behind all the same is swept there within a day.
  if (one.id !== null) void remove(`/api/conversations/${conversationId}/attachments/${one.id}`).catch(() => undefined);
}

/** They leave with an answer: the server keeps them from now on. */
export function handOver(conversationId: string): string[] {
  const ids = readAttached(conversationId).flatMap(({ id }) => (id === null ? [] : [id]));
  set(conversationId, NONE);
  return ids;
}

/** An answer that did not leave is written anew: what it had with it stays with it. */
export function giveBack(conversationId: string, ids: readonly string[]): void {
  const back = ids.map((id): Attached => ({ key: (keys += 1), name: "📎", size: 0, id, progress: 1, error: null }));
  set(conversationId, [...readAttached(conversationId), ...back]);
}

export function forgetAttached(): void {
  held.clear();
  for (const listener of listeners) listener();
}
