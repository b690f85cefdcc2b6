import { describe, expect, it } from "vitest";
import { findTrigger, fold, putIn, searchReplies, wordsOf, type Canned } from "./quick";

const reply = (shortcut: string, more: Partial<Canned> = {}): Canned => ({
  id: shortcut, scope: "all", team_id: null, shortcut, title: shortcut, fr: `Texte ${shortcut}`, en: "", tags: [], line_ids: [], mine: 0, uses: 0, ...more,
});

describe("what opens a list", () => {
  it.each([
    ["/", 1, "/", ""],
    ["/rem", 4, "/", "rem"],
    ["Bonjour /rem", 12, "/", "rem"],
    ["Bonjour\n/é", 10, "/", "é"],
    [":so", 3, ":", "so"],
    ["ok :sourire", 11, ":", "sourire"],
  ])("%j at %i", (text, caret, sign, query) => expect(findTrigger(text, caret)).toMatchObject({ sign, query }));

  it.each([
    ["1/2", 3],
    ["et/ou", 5],
    ["http://x", 7],
    ["à 10:30", 7],
    ["Note : ", 7],
    [":", 1],
    [":3", 2],
    ["/rem ", 5],
    ["/abc", 1],
  ])("not %j at %i", (text, caret) => expect(findTrigger(text, caret)).toBeNull());

  it("gives way to what is put in, in the middle of a text too", () => {
    const text = "Oui /rem merci";
    expect(putIn(text, findTrigger(text, 8)!, "Voilà")).toEqual({ text: "Oui Voilà merci", caret: 9 });
  });
});

describe("finding a reply", () => {
  const items = [reply("merci", { fr: "Bonne fête à vous", mine: 9 }), reply("fete"), reply("rappel", { title: "Fêté hier", tags: ["Noël"] }), reply("solde")];

  it("folds accents, and puts a shortcut before a title before words", () => {
    expect(searchReplies(items, "fête").map(({ id }) => id)).toEqual(["fete", "rappel", "merci"]);
    expect(searchReplies(items, "NOEL").map(({ id }) => id)).toEqual(["rappel"]);
    expect(fold("Œuvre déjà")).toBe("oeuvre deja");
  });

  it("keeps the order of use where nothing is sought, and finds nothing where nothing fits", () => {
    expect(searchReplies(items, "").map(({ id }) => id)).toEqual(["merci", "fete", "rappel", "solde"]);
    expect(searchReplies(items, "xyz")).toEqual([]);
  });

  it("speaks the customer's language where it can", () => {
    const both = reply("a", { en: "Hello" });
    expect(wordsOf(both, "en")).toEqual({ text: "Hello", language: "en" });
    expect(wordsOf(reply("a"), "en")).toEqual({ text: "Texte a", language: "fr" });
    expect(wordsOf(both, "fon")).toEqual({ text: "Texte a", language: "fr" });
  });
});
