import { render } from "@testing-library/react";
import { expect, it } from "vitest";
import { startI18n } from "@/app/i18n";
import type { Message } from "@/api/types";
import { Bubble } from "./Bubble";

function bubble(body: string, attachments: Message["attachments"] = []) {
  startI18n("en");
  const message = {
    seq: 1, kind: "incoming", body, at: "2026-11-21T10:00:00Z", client_id: null, delivery: null, event: null,
    author: { kind: "contact", id: null, name: null }, attachments,
  } as unknown as Message;
  const item = { message, day: null, unreadAbove: false, first: true, last: true };
  return render(<Bubble item={item} me="me" contactName="Adjoa" />).container;
}

it.each([
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "<b>gras</b> &amp; &lt;i&gt;",
  "{{7*7}} $t(session.title)",
  "[cadeau](https://savane.example)",
])("a stranger's %s is shown as it was written", (body) => {
  const shown = bubble(body).querySelector("p")!;
  expect(shown.querySelectorAll(":not(a)")).toHaveLength(0);
  expect(shown.textContent).toBe(body);
  expect(shown).toHaveAttribute("dir", "auto");
});

it("a link says where it leads, opens apart and tells nothing of us", () => {
  const link = bubble("ici : https://savane.example@evil.example/a.").querySelector("a")!;
  expect(link).toHaveAttribute("href", "https://evil.example/a");
  expect(link).toHaveTextContent("https://evil.example/a");
  expect(link).toHaveAttribute("target", "_blank");
  expect(link).toHaveAttribute("rel", "noopener noreferrer nofollow");
});

it("an address that hides a character leads nowhere", () => {
  const shown = bubble("https://savane.example/\u202egnp.exe");
  expect(shown.querySelector("a")).toBeNull();
  expect(shown).toHaveTextContent("⟨U+202E⟩gnp.exe");
});

it("what came with a text is shown by its kind, from our own address, and what is not there says so", () => {
  const url = "/api/conversations/c/attachment?seq=1&place=1";
  const shown = bubble("voici", [
    { place: 1, kind: "image", state: "there", url },
    { place: 2, kind: "audio", state: "there", url },
    { place: 3, kind: "video", state: "there", url },
    { place: 4, kind: "", state: "waiting", url: null },
    { place: 5, kind: "", state: "refused", url: null },
    { place: 6, kind: "", state: "gone", url: null },
  ]);
  expect(shown.querySelector("img")).toHaveAttribute("src", url);
  expect(shown.querySelector("img")).toHaveAccessibleName(/Picture/);
  expect(shown.querySelector("audio")).toHaveAttribute("src", url);
  expect(shown.querySelector("video")).toHaveAttribute("src", url);
  expect([...shown.querySelectorAll("li")].slice(3).map((one) => one.textContent)).toEqual([
    "An attachment is being fetched…", "An attachment that cannot be shown", "An attachment that could not be fetched",
  ]);
});
