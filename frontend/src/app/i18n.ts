import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import type { Language } from "@/api/types";
import { text as learning } from "@/features/admin/learningText";
import { text as bot } from "@/features/admin/botText";
import { text as accounts } from "@/features/admin/accountsText";
import { text as admin } from "@/features/admin/text";
import { text as handover } from "@/features/admin/handoverText";
import { text as replies } from "@/features/admin/repliesText";
import { text as recordLink } from "@/features/admin/recordLinkText";
import { text as knowledge } from "@/features/admin/knowledgeText";
import { text as calls } from "@/features/calls/text";
import { text as contact } from "@/features/contact/text";
import { text as person } from "@/features/contact/personText";
import { text as newText } from "@/features/conversation/newTextText";
import { text as quick } from "@/features/conversation/quickText";
import { text as conversation } from "@/features/conversation/text";
import { text as conversationList } from "@/features/conversationList/text";
import { text as history } from "@/features/history/text";
import { text as offers } from "@/features/offers/text";
import { text as presence } from "@/features/presence/text";
import { text as search } from "@/features/search/text";
import { text as security } from "@/features/session/securityText";
import { text as session } from "@/features/session/text";
import { text as staffing } from "@/features/staffing/text";
import { text as supervision } from "@/features/supervision/text";
import { text as traffic } from "@/features/traffic/text";
import { typeset } from "@/ui/typeset";
import { text as app } from "./text";

/** Each feature brings its own words; this is where they become one dictionary per language. */
const features = {
  accounts, app, admin, bot, learning, calls, contact, conversation, conversationList, handover, history, knowledge, newText, offers, person, presence, quick, replies, recordLink, search, security, session, staffing,
  supervision, traffic,
};
type Name = keyof typeof features;

const pick = (language: Language) =>
  Object.fromEntries(Object.entries(features).map(([name, texts]) => [name, texts[language]])) as {
    [N in Name]: (typeof features)[N]["en"];
  };

const everyText = <T>(tree: T, change: (text: string) => string): T =>
  (typeof tree === "string"
    ? change(tree)
    : Object.fromEntries(Object.entries(tree as object).map(([key, value]) => [key, everyText(value, change)]))) as T;

export const resources = { en: pick("en"), fr: everyText(pick("fr"), typeset) };

const STORED = "palabre.language";

export function firstLanguage(): Language {
  const stored = localStorage.getItem(STORED);
  if (stored === "fr" || stored === "en") return stored;
  return navigator.language.toLowerCase().startsWith("en") ? "en" : "fr";
}

export function setLanguage(language: Language): void {
  localStorage.setItem(STORED, language);
  document.documentElement.lang = language;
  if (i18next.language !== language) void i18next.changeLanguage(language);
}

export function startI18n(language: Language): void {
  document.documentElement.lang = language;
  void i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: "en",
    resources,
    defaultNS: "app",
    // React escapes what it draws.
    interpolation: { escapeValue: false },
    initAsync: false,
    returnNull: false,
    // A key that no language knows would be shown raw: journeys fail on what is said here.
    saveMissing: true,
    // eslint-disable-next-line no-console
    missingKeyHandler: (_languages, namespace, key) => console.error(`no text for ${namespace}:${key}`),
  });
}
