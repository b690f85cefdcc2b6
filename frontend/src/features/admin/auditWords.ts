/** What the audit log says of a change: the fields and values of its lines in the words of the forms that made them. */
import type { TFunction } from "i18next";

const FIELDS = [
  "name", "email", "role", "language", "is_active", "password", "address", "bot", "bot_engine", "queue_id", "link_ids", "is_enabled",
  "host", "port", "system_id", "secret", "window", "rate_per_s", "adapter",
  "operator", "prefixes", "failover", "failover_after_s", "most_parts", "saver", "answers_after_stop", "added", "changed", "removed", "start", "end", "direction", "state", "number", "text", "reference", "form", "rows", "kind", "size", "taken", "bad", "replaces", "octets", "checks", "tags", "values", "choices",
  "token", "lines", "per_minute",
] as const;
const OF_QUEUES = [
  "strategy", "auto_accept", "ring_s", "priority", "points_per_minute", "weight", "wrap_up_s", "sticky_days", "reopen_min", "sticky_s", "preferred_team_s", "most_waiting", "full_reply", "may_pull", "language_level",
  "dispositions_required", "on_disconnect", "disconnect_grace_s", "callback_within_s", "silence_h", "silence_close_h", "silence_text", "teams", "skills",
] as const;
const OF_STATES = ["counts_as", "takes_work"] as const;
const OWN = ["position", "capacity", "media", "owner", "queue", "reason", "preferred_team", "schedule", "ladder", "ladder_texts",
  "title", "questions", "answer", "body", "remark", "live_from", "live_until", "topic", "is_archived", "bot_quotes", "threshold", "author_may_approve",
  "unsure_times", "mood_texts", "loops", "vip", "keywords", "priorities", "tells_wait", "template", "until", "note", "contact",
  "device", "factor", "sessions", "is_waiting", "is_invited", "factor_roles", "grace_days", "idle_minutes", "session_hours", "leader", "members",
] as const;
const ROLES = ["agent", "supervisor", "administrator", "observer"] as const;
const STRATEGIES = ["best_level", "least_loaded", "longest_idle"] as const;
const STATES = ["available", "busy", "break", "training", "away", "offline", "wrap_up", "not_responding", "disconnected"] as const;
const COUNTS = ["ready", "work", "pause", "absent"] as const;
const LANGUAGES = ["fr", "en"] as const;
/** Who or what had set a state: the log names its author beside. */
const UNTOLD = ["set_by"];
const MOST_NAMED = 3;

const among = <Name extends string>(names: readonly Name[], one: unknown): Name | undefined => names.find((name) => name === one);
const isId = (value: unknown) => typeof value === "string" && /^[0-9a-f]{8}-[0-9a-f]{4}-/.test(value);
/** "Minutes after a close (0: none)": what the form says of a field, without how it is filled in. */
const short = (label: string) => label.replace(/^…\s*/, "").replace(/\s*\([^)]*\)$/, "");

export interface AuditWords {
  /** "Skills · Litiges": a field, and which of it. */
  field: (name: string) => string;
  value: (name: string, value: unknown) => string;
  isTold: (name: string) => boolean;
}

export function auditWords(t: TFunction<"admin">, tState: TFunction<"presence">): AuditWords {
  const known = (name: string): string => {
    const plain = among(FIELDS, name);
    if (plain) return t(`field.${plain}`);
    const ofQueues = among(OF_QUEUES, name);
    if (ofQueues) return short(t(`queues.${ofQueues}`));
    const ofStates = among(OF_STATES, name);
    if (ofStates) return t(`states.${ofStates}`);
    const own = among(OWN, name);
    return own ? t(`audit.field.${own}`) : name;
  };
  const part = (name: string): string => {
    const language = among(LANGUAGES, name);
    return language ? t(`languages.${language}`) : name;
  };
  const one = (value: unknown): string => {
    if (value === null || value === undefined || value === "") return "–";
    if (typeof value === "boolean") return value ? t("yes") : t("no");
    if (Array.isArray(value)) {
      const names = value.filter((item) => typeof item === "string" && !isId(item));
      if (names.length < value.length || names.length > MOST_NAMED) return String(value.length);
      return names.length > 0 ? names.join(", ") : "–";
    }
    if (typeof value !== "object") return String(value);
    const inside = Object.entries(value as Record<string, unknown>);
    if (inside.length === 0) return "–";
    return inside.slice(0, MOST_NAMED).map(([name, of]) => `${part(name)} ${typeof of === "object" && of !== null ? "…" : one(of)}`).join(", ") + (inside.length > MOST_NAMED ? ", …" : "");
  };
  return {
    field: (name) => {
      const [head = "", ...rest] = name.replace(/^settings\./, "").split(".");
      return [known(head), ...rest.map(part)].join(" · ");
    },
    value: (name, value) => {
      const role = name === "role" && among(ROLES, value);
      if (role) return t(`role.${role}`);
      const language = name === "language" && among(LANGUAGES, value);
      if (language) return t(`languages.${language}`);
      const strategy = name === "strategy" && among(STRATEGIES, value);
      if (strategy) return t(`queues.strategies.${strategy}`);
      const keeps = name === "on_disconnect" && among(["keep", "return"] as const, value);
      if (keeps) return t(`queues.onDisconnect.${keeps}`);
      const state = name === "state" && among(STATES, value);
      if (state) return tState(`state.${state}`);
      const counts = name === "counts_as" && among(COUNTS, value);
      if (counts) return t(`states.countsAs.${counts}`);
      return value === "set" ? t("audit.set") : one(value);
    },
    isTold: (name) => !UNTOLD.includes(name),
  };
}
