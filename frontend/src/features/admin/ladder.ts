/** A ladder while it is being edited: a queue's, or a rule's own. */
import type { LadderDeed } from "@/api/routing";

export const DEEDS: LadderDeed[] = ["lower_level", "drop_preferred", "add_queue", "raise_priority", "tell_position", "offer_callback", "give_to_bot"];
export const MOST_STEPS = 20;

/** A step as its fields hold it. `key` follows it while others are moved past it. */
export interface Draft {
  key: number;
  after: string;
  do: LadderDeed;
  skill: string;
  queue: string;
  by: string;
}

/** A step as it is stored; what its kind has no use for may be missing. */
export interface Step {
  after_s: number;
  do: string;
  skill?: string | null;
  queue?: string | null;
  by?: number | null;
}

export const drafted = (steps: Step[]): Draft[] =>
  steps.map((step, key) => ({
    key, after: String(step.after_s), do: step.do as LadderDeed, skill: step.skill ?? "", queue: step.queue ?? "", by: String(step.by ?? 1),
  }));

/** What is no number is null; what is no whole one the server refuses, at its step. */
const figure = (text: string): number | null => (text.trim() === "" || Number.isNaN(Number(text)) ? null : Number(text));

/** What is sent: only what a step of its kind has. */
export const given = (drafts: Draft[]) =>
  drafts.map(({ after, do: what, skill, queue, by }) => ({
    after_s: figure(after),
    do: what,
    ...(what === "lower_level" || what === "drop_preferred" ? { skill: skill || null } : {}),
    ...(what === "lower_level" || what === "raise_priority" ? { by: figure(by) ?? 0 } : {}),
    ...(what === "add_queue" ? { queue: queue || null } : {}),
  }));

/** One more, a minute after the last. */
export function withNext(drafts: Draft[], first: { skill: string; queue: string }): Draft[] {
  const last = drafts.at(-1);
  const key = drafts.reduce((most, one) => Math.max(most, one.key), -1) + 1;
  return [...drafts, { key, after: String(last ? (Number(last.after) || 0) + 60 : 60), do: "tell_position", by: "1", ...first }];
}

/** In the order of time; what comes at the same time stays as it stood. */
export const inOrder = (drafts: Draft[]): Draft[] => [...drafts].sort((a, b) => (Number(a.after) || 0) - (Number(b.after) || 0));

/** Whether subscribers hear anything of it. */
export const tells = (drafts: Draft[]): boolean => drafts.some((one) => one.do === "tell_position" || one.do === "offer_callback");
