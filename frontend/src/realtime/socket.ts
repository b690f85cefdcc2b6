/** One websocket that comes back by itself. It knows frames and close codes, and nothing of what they mean. */
import type { Numbered, ToServer } from "./wire";

/** Close codes of /ws/desk. */
export const SIGNED_OUT = 4401;
export const FORBIDDEN = 4403;
export const LOCKED = 4423;
export const TOO_MANY = 4429;

/** The server pings every 5 s; a line silent for longer than two pings and a little is dead, whatever TCP says. */
const SILENCE_MS = 12_000;
const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 8_000;

export interface SocketDoors {
  opened(): void;
  message(message: Numbered): void;
  lost(): void;
  signedOut(): void;
  /** Nothing is told before somebody unlocks the session: this socket does not come back by itself. */
  locked(): void;
}

/** Full jitter above one half: a thousand desks must not come back in the same second. */
export function backoff(attempt: number, random = Math.random()): number {
  const ceiling = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt);
  return ceiling / 2 + (ceiling / 2) * random;
}

export class DeskSocket {
  #socket: WebSocket | null = null;
  #attempt = 0;
  #retry: ReturnType<typeof setTimeout> | null = null;
  #silence: ReturnType<typeof setTimeout> | null = null;
  #stopped = false;

  constructor(
    private readonly url: string,
    private readonly doors: SocketDoors,
  ) {}

  start(): void {
    this.#stopped = false;
    window.addEventListener("online", this.#reconnectNow);
    window.addEventListener("offline", this.#wentOffline);
    this.#connect();
  }

  stop(): void {
    this.#stopped = true;
    window.removeEventListener("online", this.#reconnectNow);
    window.removeEventListener("offline", this.#wentOffline);
    this.#clearTimers();
    this.#drop();
  }

  /** Leave this socket and take a new one soon; used when the stream cannot go on. */
  restart(): void {
    this.#drop();
    this.#later();
  }

  send(message: ToServer): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #connect(): void {
    if (this.#stopped) return;
    this.#clearTimers();
    const socket = new WebSocket(this.url);
    this.#socket = socket;
    this.#listen();
    socket.onopen = () => {
      this.#listen();
      this.doors.opened();
    };
    socket.onmessage = ({ data }) => {
      this.#attempt = 0;
      this.#listen();
      this.doors.message(JSON.parse(String(data)) as Numbered);
    };
    socket.onclose = ({ code }) => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      if (code === SIGNED_OUT || code === FORBIDDEN) {
        this.#stopped = true;
        this.#clearTimers();
        this.doors.signedOut();
        return;
      }
      if (code === LOCKED) {
        this.#stopped = true;
        this.#clearTimers();
        this.doors.locked();
        return;
      }
      if (code === TOO_MANY) this.#attempt = Math.max(this.#attempt, 5);
      this.#later();
    };
  }

  #later(): void {
    if (this.#stopped) return;
    this.#clearTimers();
    this.doors.lost();
    this.#retry = setTimeout(() => this.#connect(), backoff(this.#attempt));
    this.#attempt += 1;
  }

  #listen(): void {
    if (this.#silence !== null) clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.restart(), SILENCE_MS);
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = null;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
  }

  #clearTimers(): void {
    if (this.#retry !== null) clearTimeout(this.#retry);
    if (this.#silence !== null) clearTimeout(this.#silence);
    this.#retry = this.#silence = null;
  }

  #reconnectNow = (): void => {
    if (this.#socket?.readyState === WebSocket.OPEN) return;
    this.#attempt = 0;
    this.#drop();
    this.#connect();
  };

  #wentOffline = (): void => {
    this.restart();
  };
}
