/** The part of the fake server that keeps the rules of lines. Its bot understands what is written as an intent's name. */
import type { LineRules, TriedRule } from "@/api/types";
import { LINES } from "./cast";
import { ok, refuse, type Answer } from "./fakeServer";

export let rules: Record<string, LineRules> = {};
export function forgetRules(): void {
  rules = {};
}

const BOT = { intents: ["balance", "bill_dispute"], entities: ["amount"], skills: ["billing"] };
/** What the line's front filter says of a number. */
const FILTERED: Record<string, unknown> = {
  "0197000666": { place: 2, outcome: "answer", queue_id: null },
  "0197000777": { place: 0, outcome: "queue", queue_id: "queue-general" },
};
const none = (line_id: string): LineRules => ({ line_id, is_enabled: false, revision: 0, rules: [], bot: BOT });

export function rulesRoutes(method: string, path: string, body: Record<string, unknown>): Answer | null {
  const [, , , kind = "", id = "", deed = "", tries = ""] = path.split("/");
  if (kind !== "lines" || deed !== "rules") return null;
  if (!LINES.some((line) => line.id === id)) return refuse(404, "no_line");
  const stored = rules[id] ?? none(id);
  if (tries) return ok(tried(body.rules as LineRules, String(body.number), String(body.text)));
  if (method === "GET") return ok(stored);
  const given = body as unknown as LineRules;
  if (given.revision !== stored.revision) return { status: 409, body: { error: { code: "changed_meanwhile", message: "Somebody has changed this since you opened it: look again." } } };
  const bad = given.rules.findIndex((rule) => rule.conditions.some((one) => one.kind === "intent" && one.words.length === 0));
  if (bad >= 0) return { status: 422, body: { error: { code: "rule_names", message: "From 1 to 60 names.", fields: { [`rules.${bad + 1}.conditions.1.words`]: "From 1 to 60 names." } } } };
  const looped = given.rules.flatMap((rule, place) => ((rule.ladder ?? []) as { queue?: string }[]).map((step, nth) => ({ at: `rules.${place + 1}.ladder.${nth}.queue`, queue: step.queue }))).find(({ queue }) => queue === "queue-billing");
  if (looped) return { status: 422, body: { error: { code: "ladder_queue_off", message: "off", fields: { [looped.at]: "This queue is out of use." } } } };
  rules[id] = { ...given, line_id: id, bot: BOT, revision: stored.revision + 1, rules: given.rules.map((rule, place) => ({ ...rule, id: rule.id ?? `rule-${place}` })) };
  return ok(rules[id]);
}

function tried(given: LineRules, number: string, text: string) {
  let place = 0;
  const seen = given.rules.map((rule, index): TriedRule => {
    const conditions = rule.conditions.map((one, nth) => ({ place: nth + 1, passed: one.words.includes(text), seen: text }));
    const holds = conditions.every((one) => one.passed);
    const verdict = !holds ? "failed" : place ? "later" : "taken";
    if (verdict === "taken") place = index + 1;
    return { place: index + 1, rule_id: rule.id ?? "new", name: rule.name, verdict, conditions };
  });
  const heard = { intent: text, confidence: 0.91, entities: {}, language: "fr", hands_over: text === "bill_dispute" };
  return { number, is_known: true, heard, place, filtered: FILTERED[number] ?? null, queue_id: given.rules[place - 1]?.queue_id ?? "", rules: seen };
}
