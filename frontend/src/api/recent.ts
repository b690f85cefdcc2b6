/**
 * What the stream has said lately, kept for one purpose: an answer to a request may be older than events that arrived
 * while it travelled. Whoever stores such an answer first puts the newer news on top of it.
 */
export class Recent<T> {
  #items: { mark: number; item: T }[] = [];
  #next = 1;

  constructor(private readonly keep: number) {}

  add(item: T): void {
    this.#items.push({ mark: this.#next, item });
    this.#next += 1;
    if (this.#items.length > this.keep * 2) this.#items = this.#items.slice(-this.keep);
  }

  /** Take a mark before sending the request... */
  mark(): number {
    return this.#next;
  }

  /** ...and ask for what came after it once the answer is there. */
  since(mark: number): T[] {
    return this.#items.filter((one) => one.mark >= mark).map((one) => one.item);
  }

  clear(): void {
    this.#items = [];
  }
}
