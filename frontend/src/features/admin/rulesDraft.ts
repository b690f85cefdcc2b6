/** The rules of a line while somebody changes them: what the form holds, and what is sent. */
import type { QueueSkill } from "@/api/routing";
import type { FilterCompare, LineRules, RuleCondition, RuleKind } from "@/api/types";
import { uuid } from "@/api/uuid";
import { drafted, given, type Draft, type Step } from "./ladder";

export const PERSON_KINDS = ["keyword", "language", "in_list", "not_in_list", "tag", "attribute", "hours", "time"] as const;
/** What only a line with a bot can know. */
export const BOT_KINDS = ["intent", "skill", "entity", "confidence"] as const;
export const DAYS = ["1", "2", "3", "4", "5", "6", "7"] as const;

export interface DraftCondition {
  /** Of the form. */
  form: string;
  kind: RuleKind;
  thing_id: string | null;
  compare: FilterCompare;
  value: string;
  /** Words, intents or days, with commas between them. */
  words: string;
  /** The name of an entity. */
  key: string;
}

export interface DraftRule {
  form: string;
  id: string | null;
  name: string;
  is_enabled: boolean;
  queue_id: string;
  priority: number;
  wants: QueueSkill[];
  /** Null: the queue's. */
  ladder: Draft[] | null;
  conditions: DraftCondition[];
}

export interface RulesDraft {
  is_enabled: boolean;
  revision: number;
  rules: DraftRule[];
}

export const toDraft = (stored: LineRules): RulesDraft => ({
  is_enabled: stored.is_enabled,
  revision: stored.revision,
  rules: stored.rules.map((rule) => ({
    ...rule, form: rule.id, ladder: rule.ladder && drafted(rule.ladder as unknown as Step[]),
    conditions: rule.conditions.map((one: RuleCondition, place) => ({ ...one, form: `${rule.id}-${place}`, words: one.words.join(", ") })),
  })),
});

export const listed = (words: string): string[] => words.split(",").map((word) => word.trim()).filter(Boolean);

export const toSent = ({ is_enabled, revision, rules }: RulesDraft) => ({
  is_enabled,
  revision,
  rules: rules.map(({ form: _form, conditions, ladder, ...rule }) => ({
    ...rule, ladder: ladder && given(ladder),
    conditions: conditions.map(({ form: _of, words, ...one }) => ({ ...one, words: listed(words) })),
  })),
});

export const newRule = (queue_id: string, hasBot: boolean): DraftRule => ({
  form: uuid(), id: null, name: "", is_enabled: true, queue_id, priority: 0, wants: [], ladder: null,
  conditions: [newCondition(hasBot ? "intent" : "keyword")],
});

const FIRST: Partial<Record<RuleKind, Partial<DraftCondition>>> = {
  language: { value: "fr" },
  hours: { value: "open" },
  confidence: { compare: "less", value: "60" },
  time: { value: "08:00-18:00" },
  entity: { compare: "set" },
};

/** A condition as its kind begins: nothing of the kind before fits it. */
export const newCondition = (kind: RuleKind, form: string = uuid()): DraftCondition => ({
  form, kind, thing_id: null, compare: "is", value: "", words: "", key: "", ...FIRST[kind],
});

/** `words` with `word` or without it. */
export const toggled = (words: string, word: string, on: boolean): string => {
  const others = listed(words).filter((one) => one !== word);
  return (on ? [...others, word] : others).join(", ");
};

/** What was refused within the ladder of the rule at this place, as "0.skill"; and whatever else of it was. */
export function refusedOf(fields: Record<string, string>, place: number): { ladder: Record<string, string>; other: string | null } {
  const start = `rules.${place}`;
  const mine = Object.entries(fields).filter(([name]) => name === start || name.startsWith(`${start}.`));
  const steps = mine.filter(([name]) => name.startsWith(`${start}.ladder.`));
  const other = mine.find(([name]) => !name.startsWith(`${start}.ladder.`));
  return { ladder: Object.fromEntries(steps.map(([name, words]) => [name.slice(`${start}.ladder.`.length), words])), other: other ? other[1] : null };
}
