import { expect, it } from "vitest";
import { findLinks, showUnseen } from "./links";

const links = (text: string) => findLinks(text).flatMap((piece) => (piece.kind === "link" ? [[piece.text, piece.href]] : []));
const written = (text: string) => findLinks(text).map((piece) => piece.text).join("");

it.each([
  ["voir https://savane.example/aide.", ["https://savane.example/aide", "https://savane.example/aide"]],
  ["(http://savane.example/a_(b))", ["http://savane.example/a_(b)", "http://savane.example/a_(b)"]],
  ["HTTPS://Savane.Example/X", ["HTTPS://Savane.Example/X", "https://savane.example/X"]],
  ["https://savane.example:8443/?q=a&b=%20#c", ["https://savane.example:8443/?q=a&b=%20#c", "https://savane.example:8443/?q=a&b=%20#c"]],
])("%s is a link as it is written", (text, link) => {
  expect(links(text)).toEqual([link]);
  expect(written(text)).toBe(text);
});

it.each([
  // The first "а" is Cyrillic.
  ["https://sаvane.example/", "https://xn--svane-4ve.example/"],
  ["https://ｓavane.example/", "https://savane.example/"],
  ["https://savane.example@evil.example/", "https://evil.example/"],
  ["https://savane.example:x@evil.example/", "https://evil.example/"],
  ["https://savane.example\\@evil.example/", "https://savane.example/@evil.example/"],
  ["https://savane。example/", "https://savane.example/"],
  ["http://0x7f.1/", "http://127.0.0.1/"],
  ["https://%65vil.example/", "https://evil.example/"],
  ["https://אבג.example/", "https://xn--4dbcd.example/"],
])("%s shows where it leads: %s", (text, shown) => {
  expect(links(text)).toEqual([[shown, shown]]);
});

it.each([
  "javascript" + ":alert(1)",
  "data:text/html,<script>alert(1)</script>",
  "ftp://savane.example/",
  "//savane.example/",
  "www.savane.example",
  "https://",
  "http://[not-an-address]/",
  "file:///etc/passwd",
  "vbscript:x",
])("%s is no link", (text) => {
  expect(links(text)).toEqual([]);
  expect(written(text)).toBe(text);
});

it.each([
  ["https://savane\u200b.evil.example/", "https://savane⟨U+200B⟩.evil.example/"],
  ["https://savane.example/\u202egnp.exe", "https://savane.example/⟨U+202E⟩gnp.exe"],
  ["https://savane\u00ad.example", "https://savane⟨U+00AD⟩.example"],
])("an address that hides something is shown with it and leads nowhere", (text, shown) => {
  expect(links(text)).toEqual([]);
  expect(findLinks(text)).toEqual([{ kind: "hiding", text: shown }]);
});

it("what cannot be seen is named", () => expect(showUnseen("a\u202eb\u2067c\ufeff")).toBe("a⟨U+202E⟩b⟨U+2067⟩c⟨U+FEFF⟩"));

it("a megabyte without a space is looked at once", () => {
  const began = performance.now();
  findLinks("http://".repeat(150_000));
  findLinks(`https://a.example/${")".repeat(20_000)}`);
  findLinks(`https://${"a".repeat(1_000_000)}`);
  expect(performance.now() - began).toBeLessThan(2000);
});
