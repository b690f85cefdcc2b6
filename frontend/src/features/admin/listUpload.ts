/**
 * A file of numbers, sent in pieces: each is a request like any other, so that a large file needs no large door, and a
 * connection that breaks costs one piece.
 */
import { ApiError, get, post, put } from "@/api/fetch";
import type { ListUpload } from "@/api/types";

const TRIES = 4;
const PAUSE_MS = 800;
const LOOK_MS = 500;

export interface Step {
  /** "sending": the file is on its way; "reading": the server fills the list from it. */
  phase: "sending" | "reading";
  /** 0 to 1 of that phase. */
  fraction: number;
}

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

function base64(piece: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onerror = () => reject(new ApiError(0, "file", "file"));
    reader.onload = () => {
      const url = String(reader.result);
      resolve(url.slice(url.indexOf(",") + 1));
    };
    reader.readAsDataURL(piece);
  });
}

async function again<T>(deed: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await deed();
    } catch (failure) {
      if (!(failure instanceof ApiError) || !failure.isTemporary || tried >= TRIES) throw failure;
      await pause(PAUSE_MS * tried);
    }
  }
}

/** Sends the file and waits until the list is filled from it, or is not. */
export async function sendFile(listId: string, file: File, replaces: boolean, pieceSize: number, tell: (step: Step) => void): Promise<ListUpload> {
  const begun = await post<ListUpload>(`/api/admin/lists/${listId}/uploads`, { name: file.name || "numbers.csv", octets: file.size, replaces });
  for (let number = 0; number < begun.pieces; number += 1) {
    tell({ phase: "sending", fraction: number / begun.pieces });
    const content = await base64(file.slice(number * pieceSize, (number + 1) * pieceSize));
    await again(() => put(`/api/admin/uploads/${begun.id}/pieces`, { number, content }));
  }
  tell({ phase: "reading", fraction: 0 });
  let now = await again(() => post<ListUpload>(`/api/admin/uploads/${begun.id}/finish`));
  while (now.state === "working") {
    tell({ phase: "reading", fraction: now.progress });
    await pause(LOOK_MS);
    now = await again(() => get<ListUpload>(`/api/admin/uploads/${begun.id}`));
  }
  return now;
}
