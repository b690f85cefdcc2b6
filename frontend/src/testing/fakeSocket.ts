/** The websocket of the fake server: the same frames as /ws/desk, without a network. */
import type { FromServer, ToServer } from "@/realtime/wire";

export class FakeSocket extends EventTarget {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;
  /** Set by the fake server: it takes or refuses each new socket. */
  static accept: (socket: FakeSocket) => boolean = () => false;

  readyState: number = FakeSocket.CONNECTING;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  heard: (message: ToServer) => void = () => undefined;
  left: () => void = () => undefined;
  watching: string[] = [];
  #said = 0;

  constructor(readonly url: string) {
    super();
    setTimeout(() => {
      if (this.readyState !== FakeSocket.CONNECTING) return;
      if (!FakeSocket.accept(this)) {
        this.shut(1006);
        return;
      }
      this.readyState = FakeSocket.OPEN;
      this.onopen?.();
    }, 5);
  }

  send(data: string): void {
    this.heard(JSON.parse(data) as ToServer);
  }

  close(): void {
    this.readyState = FakeSocket.CLOSED;
    this.left();
  }

  say(message: FromServer): void {
    this.#said += 1;
    if (this.readyState === FakeSocket.OPEN) this.onmessage?.({ data: JSON.stringify({ ...message, n: this.#said }) });
  }

  shut(code: number): void {
    if (this.readyState === FakeSocket.CLOSED) return;
    this.readyState = FakeSocket.CLOSED;
    this.left();
    this.onclose?.({ code });
  }
}
