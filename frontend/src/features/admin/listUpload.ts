/**
 * A file of numbers, sent in pieces: each is a request like any other, so that a large file needs no large door, and a
 * connection that breaks costs one piece.
 */
import { get, post, put } from "@/api/fetch";
import { again, base64, pause } from "@/api/pieces";
import type { ListUpload } from "@/api/types";

const LOOK_MS = 500;
/** Which file of this browser an upload is of: one that was written since has the same name, and other numbers. */
const REMEMBERED = "palabre.upload.";

export interface Step {
  /** "sending": the file is on its way; "reading": the server fills the list from it. */
  phase: "sending" | "reading";
  /** 0 to 1 of that phase. */
  fraction: number;
}

const markOf = (file: File) => `${file.name}|${file.size}|${file.lastModified}`;

/** What has come of this very file before the connection broke; undefined: it is sent from its beginning. */
export function begunBefore(uploads: ListUpload[], file: File, replaces: boolean): ListUpload | undefined {
  return uploads.find((one) => one.state === "receiving" && one.replaces === replaces && localStorage.getItem(REMEMBERED + one.id) === markOf(file));
}

/** 0 to 1: how much of a file has come. */
export const arrived = (upload: ListUpload): number => (upload.pieces === 0 ? 0 : 1 - upload.missing.length / upload.pieces);

/**
 * Sends the file, or of one that was `begun` before what is missing, and waits until the list (null: the portability
 * table) is filled from it, or is not.
 */
export async function sendFile(listId: string | null, file: File, replaces: boolean, pieceSize: number, tell: (step: Step) => void, begun?: ListUpload): Promise<ListUpload> {
  const where = listId === null ? "/api/admin/ported/uploads" : `/api/admin/lists/${listId}/uploads`;
  const upload = begun ?? (await post<ListUpload>(where, { name: file.name || "numbers.csv", octets: file.size, replaces }));
  const remembered = REMEMBERED + upload.id;
  localStorage.setItem(remembered, markOf(file));
  const left = begun ? begun.missing : Array.from({ length: upload.pieces }, (_, number) => number);
  for (const [sent, number] of left.entries()) {
    tell({ phase: "sending", fraction: (upload.pieces - left.length + sent) / upload.pieces });
    const content = await base64(file.slice(number * pieceSize, (number + 1) * pieceSize));
    await again(() => put(`/api/admin/uploads/${upload.id}/pieces`, { number, content }));
  }
  tell({ phase: "reading", fraction: 0 });
  let now = await again(() => post<ListUpload>(`/api/admin/uploads/${upload.id}/finish`));
  localStorage.removeItem(remembered);
  while (now.state === "working") {
    tell({ phase: "reading", fraction: now.progress });
    await pause(LOOK_MS);
    now = await again(() => get<ListUpload>(`/api/admin/uploads/${upload.id}`));
  }
  return now;
}
