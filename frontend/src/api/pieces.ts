/** A file that goes to the server in pieces: each is a request like any other, and a connection that breaks costs one. */
import { ApiError } from "./fetch";

/** A connection that breaks is tried again for some forty seconds; after that somebody chooses the file again. */
const TRIES = 8;
const PAUSE_MS = 800;
const LONGEST_PAUSE_MS = 10_000;
export const PIECE = 512 * 1024;

export const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

export function base64(piece: Blob): Promise<string> {
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

/** The same request again, as long as the server may answer it another time. */
export async function again<T>(deed: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await deed();
    } catch (failure) {
      if (!(failure instanceof ApiError) || !failure.isTemporary || tried >= TRIES) throw failure;
      await pause(Math.min(PAUSE_MS * 2 ** (tried - 1), LONGEST_PAUSE_MS));
    }
  }
}
