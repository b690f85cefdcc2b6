/** What agents may be, and how it is named. */
import type { Reason } from "./routing";
import type { Language, PresenceState } from "./types";

/** What a person may say of himself, in the order of the menus. */
export const STATES = ["available", "busy", "break", "training", "away", "offline"] as const satisfies PresenceState[];
export type Declared = (typeof STATES)[number];

/** A reason, or a state without one. */
export type StateChoice = { reason_id: string } | { state: Declared };

/** Each state with its reasons; none: it is said alone. */
export function groupsOf(reasons: Reason[]): { state: Declared; reasons: Reason[] }[] {
  return STATES.map((state) => ({ state, reasons: reasons.filter((one) => one.is_enabled && one.state === state) }));
}

/**
 * The states that a new organisation begins with (routing/reasons.py) are named in French on the server. Until somebody
 * gives them another name they are ours, and are said in the reader's language; a name of the organisation's own stays.
 */
const USUAL: Record<Language, string>[] = [
  { fr: "Disponible", en: "Available" },
  { fr: "Occupé", en: "Busy" },
  { fr: "Pause", en: "Break" },
  { fr: "Repas", en: "Meal" },
  { fr: "Formation", en: "Training" },
  { fr: "Réunion", en: "Meeting" },
  { fr: "Absent", en: "Away" },
  { fr: "Hors ligne", en: "Offline" },
];

export const stateName = (name: string, language: string): string =>
  USUAL.find(({ fr }) => fr === name)?.[language === "fr" ? "fr" : "en"] ?? name;
