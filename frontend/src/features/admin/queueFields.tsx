/** The fields of a queue, filled from what is stored. */
import type { TFunction } from "i18next";
import type { AdminQueue, FullReply as Reply, LadderTexts as Texts, QueueSkill, Skill, Strategy } from "@/api/routing";
import { duration } from "@/ui/format";
import type { Field, Value } from "./SideForm";
import { LadderSteps, LadderTexts } from "./LadderSteps";
import { FullReply, SkillLevels } from "./QueueParts";
import { drafted, given, tells, type Draft } from "./ladder";

export const STRATEGIES: Strategy[] = ["best_level", "least_loaded", "longest_idle"];
const LEVELS = [0, 1, 2, 3, 4, 5];

interface Choices {
  skills: Skill[];
  teams: { id: string; name: string }[];
  queues: AdminQueue[];
  usual: Texts;
  schedules: { id: string; name: string }[];
}

const offers = (values: Record<string, Value>) => values.auto_accept !== true;
const sticks = (values: Record<string, Value>) => Number(values.sticky_days) > 0 || Number(values.reopen_min) > 0;
const closesSilent = (values: Record<string, Value>) => Number(values.silence_h) > 0;
const limited = (values: Record<string, Value>) => Number(values.most_waiting) > 0;
const drafts = (value: Value) => JSON.parse(value as string) as Draft[];
const speaks = (values: Record<string, Value>) => tells(drafts(values.ladder!));
const offersCallback = (values: Record<string, Value>) => drafts(values.ladder!).some((one) => one.do === "offer_callback");

/** What a subscriber would be told now. */
function told(t: TFunction<"admin">, queue: AdminQueue | null): string {
  if (queue === null) return "";
  const { wait_p50_s: half, wait_p90_s: most, wait_samples: samples } = queue;
  if (half === null || most === null) return t("ladder.unknown", { samples });
  return t("ladder.known", { samples, half: duration(half), most: duration(most) });
}

export function queueFields(t: TFunction<"admin">, queue: AdminQueue | null, { skills, teams, queues, usual, schedules }: Choices): Field[] {
  const figure = (name: keyof AdminQueue & ("callback_within_s" | "ring_s" | "priority" | "points_per_minute" | "weight" | "wrap_up_s" | "sticky_days" | "reopen_min" | "sticky_s" | "preferred_team_s" | "most_waiting" | "disconnect_grace_s" | "silence_h" | "silence_close_h"), first: number): Field => ({
    name, label: t(`queues.${name}`), kind: "number", value: String(queue?.[name] ?? first),
  });
  // A skill that is out of use and still asked for stays in sight: it keeps nobody away, until it is in use again.
  const asked = new Set(queue?.skills.map(({ skill_id }) => skill_id));
  const offered = skills.filter((one) => one.is_enabled || asked.has(one.id));
  return [
    { name: "name", label: t("field.name"), kind: "text", value: queue?.name ?? "" },
    {
      name: "strategy", label: t("queues.strategy"), kind: "select", value: queue?.strategy ?? "best_level", hint: t("queues.strategyHint"),
      options: STRATEGIES.map((value) => ({ value, label: t(`queues.strategies.${value}`) })),
    },
    { name: "auto_accept", label: t("queues.auto_accept"), kind: "switch", value: queue?.auto_accept ?? true },
    { ...figure("ring_s", 20), hint: t("queues.ring_sHint"), shown: offers },
    { name: "may_pull", label: t("queues.may_pull"), kind: "switch", value: queue?.may_pull ?? false },
    {
      name: "skills", label: t("queues.skills"), kind: "drawn", hint: offered.length > 0 ? t("queues.skillsHint") : t("queues.noSkills"),
      value: JSON.stringify(queue?.skills ?? []),
      read: (text) => JSON.parse(text) as QueueSkill[],
      draw: (value, change) => <SkillLevels skills={offered} asked={JSON.parse(value) as QueueSkill[]} onChange={(next) => change(JSON.stringify(next))} />,
    },
    {
      name: "language_level", label: t("queues.language_level"), kind: "select", value: String(queue?.language_level ?? 0), hint: t("queues.language_levelHint"),
      options: LEVELS.map((level) => ({ value: String(level), label: level === 0 ? t("queues.noMinimum") : String(level) })),
      read: Number,
    },
    {
      name: "team_ids", label: t("queues.teams"), kind: "many", unordered: true, value: queue?.team_ids ?? [], hint: teams.length > 0 ? t("queues.teamsHint") : t("queues.noTeams"),
      options: teams.map(({ id, name }) => ({ value: id, label: name })),
    },
    {
      name: "preferred_team_id", label: t("queues.preferred_team_id"), kind: "select", value: queue?.preferred_team_id ?? "", hint: t("queues.preferred_teamHint"), shown: () => teams.length > 0,
      options: [{ value: "", label: t("queues.noneFirst") }, ...teams.map(({ id, name }) => ({ value: id, label: name }))],
    },
    { ...figure("preferred_team_s", 60), shown: (values) => values.preferred_team_id !== "" },
    {
      name: "schedule_id", label: t("queues.schedule_id"), kind: "select", value: queue?.schedule_id ?? "", hint: t("queues.schedule_idHint"),
      options: [{ value: "", label: t("queues.ofLine") }, ...schedules.map(({ id, name }) => ({ value: id, label: name }))],
    },
    { name: "is_enabled", label: t("queues.is_enabled"), kind: "switch", value: queue?.is_enabled ?? true },
    { ...figure("priority", 0), hint: t("queues.priorityHint"), group: t("queues.order") },
    { ...figure("points_per_minute", 1), hint: t("queues.points_per_minuteHint"), group: t("queues.order") },
    { ...figure("weight", 1), hint: t("queues.weightHint"), group: t("queues.order") },
    {
      name: "ladder", label: t("ladder.steps"), kind: "drawn", hint: `${t("ladder.hint")} ${told(t, queue)}`, group: t("ladder.title"),
      value: JSON.stringify(drafted(queue?.ladder ?? [])),
      read: (text) => given(drafts(text)),
      draw: (value, change, refused) => (
        <LadderSteps
          steps={drafts(value)} skills={offered} refused={refused} queues={queues.filter(({ id }) => id !== queue?.id)}
          onChange={(next) => change(JSON.stringify(next))}
        />
      ),
    },
    { ...figure("callback_within_s", 7200), hint: t("ladder.callbackHint"), group: t("ladder.title"), shown: offersCallback },
    {
      name: "ladder_texts", label: t("ladder.texts"), kind: "drawn", hint: t("ladder.textsHint"), group: t("ladder.title"), shown: speaks,
      value: JSON.stringify(queue?.ladder_texts ?? {}),
      read: (text) => JSON.parse(text) as Texts,
      draw: (value, change) => <LadderTexts texts={JSON.parse(value) as Texts} usual={usual} onChange={(next) => change(JSON.stringify(next))} />,
    },
    { ...figure("wrap_up_s", 0), hint: t("queues.wrap_up_sHint"), group: t("queues.wrap") },
    { name: "dispositions_required", label: t("queues.dispositions_required"), kind: "switch", value: queue?.dispositions_required ?? false, group: t("queues.wrap") },
    { ...figure("sticky_days", 0), hint: t("queues.sticky_daysHint"), group: t("queues.same") },
    { ...figure("reopen_min", 0), hint: t("queues.reopen_minHint"), group: t("queues.same") },
    { ...figure("sticky_s", 30), hint: t("queues.sticky_sHint"), group: t("queues.same"), shown: sticks },
    { ...figure("most_waiting", 0), group: t("queues.full") },
    {
      name: "full_reply", label: t("queues.full_reply"), kind: "drawn", hint: t("queues.full_replyHint"), group: t("queues.full"), shown: limited,
      value: JSON.stringify(queue?.full_reply ?? {}),
      read: (text) => JSON.parse(text) as Reply,
      draw: (value, change) => <FullReply reply={JSON.parse(value) as Reply} onChange={(next) => change(JSON.stringify(next))} />,
    },
    { ...figure("silence_h", 0), hint: t("queues.silence_hHint"), group: t("queues.silence") },
    { ...figure("silence_close_h", 24), hint: t("queues.silence_close_hHint"), group: t("queues.silence"), shown: closesSilent },
    {
      name: "silence_text", label: t("queues.silence_text"), kind: "drawn", hint: t("queues.silence_textHint"), group: t("queues.silence"), shown: closesSilent,
      value: JSON.stringify(queue?.silence_text ?? {}),
      read: (text) => JSON.parse(text) as Reply,
      draw: (value, change) => <FullReply reply={JSON.parse(value) as Reply} onChange={(next) => change(JSON.stringify(next))} />,
    },
    {
      name: "on_disconnect", label: t("queues.on_disconnect"), kind: "select", value: queue?.on_disconnect ?? "return", group: t("queues.away"),
      options: (["keep", "return"] as const).map((value) => ({ value, label: t(`queues.onDisconnect.${value}`) })),
    },
    { ...figure("disconnect_grace_s", 60), group: t("queues.away"), shown: (values) => values.on_disconnect === "return" },
  ];
}
