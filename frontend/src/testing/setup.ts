import "@testing-library/jest-dom/vitest";
import { cleanup, configure } from "@testing-library/react";
import { afterEach, vi } from "vitest";

function completeJsdom(): void {
  // It lays nothing out, so it scrolls nowhere.
  Element.prototype.scrollIntoView ??= () => undefined;
  // What jsdom lacks and the desk uses.
  window.matchMedia ??= (query: string) =>
    ({ matches: false, media: query, addEventListener: () => undefined, removeEventListener: () => undefined }) as unknown as MediaQueryList;
  HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) {
    this.open = true;
  };
  HTMLDialogElement.prototype.close ??= function (this: HTMLDialogElement) {
    this.open = false;
  };
  Element.prototype.scrollTo ??= () => undefined;

  // A virtual list draws what fits: without a layout nothing fits, so every element is as large as a small screen.
  Object.defineProperty(HTMLElement.prototype, "clientHeight", { configurable: true, value: 720 });
  Object.defineProperty(HTMLElement.prototype, "clientWidth", { configurable: true, value: 300 });

  // A test that reaches a real server fails loudly instead of passing by luck.
  window.fetch = vi.fn(() => Promise.reject(new Error("a test must not use the network")));
}

// Tests of tools run in Node, without a window.
if (typeof window !== "undefined") {
  completeJsdom();
  // Patience for a busy machine: what is expected is waited for, and a failure still ends within ten seconds.
  configure({ asyncUtilTimeout: 8000 });
  afterEach(() => {
    cleanup();
    localStorage.clear();
    sessionStorage.clear();
  });
}
