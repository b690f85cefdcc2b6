import { useTranslation } from "react-i18next";
import type { NextDeadline } from "@/api/types";
import { serverNow, useSecondsSince } from "@/realtime/clock";
import { duration } from "@/ui/format";
import { deadlineLevel, Waiting, waitLevel } from "@/ui/Waiting";

/** Seconds after which a customer has waited too long where nobody has set a target (Administration, Response times). */
const TARGET_S = 300;
const KINDS = ["first", "next", "resolution"] as const;

/** How long somebody has waited, in the colour of the target that runs for him: an icon, words and a colour. */
export function WaitingSince({ since, deadline }: { since: string; deadline: NextDeadline | null }) {
  const { t } = useTranslation("conversationList");
  const seconds = useSecondsSince(since);
  const time = duration(seconds);
  if (deadline === null) {
    const level = waitLevel(seconds, TARGET_S);
    return <Waiting time={time} level={level} label={t(`waiting.${level}`, { time })} />;
  }
  const [now, at] = [serverNow(), Date.parse(deadline.at)];
  const level = deadlineLevel(now, Date.parse(deadline.warn_at), at);
  const kind = KINDS.find((one) => one === deadline.kind) ?? "next";
  const left = duration(Math.max(0, Math.round(Math.abs(at - now) / 1000)));
  const label = t(level === "late" ? "target.missed" : "target.left", { time, left, what: t(`target.${kind}`) });
  return <Waiting time={time} level={level} label={label} />;
}

/** Somebody waits for nothing now, but the whole conversation is to be over by then; shown once that is near. */
export function DueSoon({ deadline, otherwise }: { deadline: NextDeadline; otherwise: React.ReactNode }) {
  const { t } = useTranslation("conversationList");
  useSecondsSince(deadline.at); // draws it anew each second
  const [now, at] = [serverNow(), Date.parse(deadline.at)];
  const level = deadlineLevel(now, Date.parse(deadline.warn_at), at);
  if (level === "calm") return otherwise;
  const left = duration(Math.max(0, Math.round(Math.abs(at - now) / 1000)));
  const kind = KINDS.find((one) => one === deadline.kind) ?? "resolution";
  return <Waiting time={`${level === "late" ? "+" : "−"}${left}`} level={level} label={t(level === "late" ? "target.dueMissed" : "target.dueLeft", { left, what: t(`target.${kind}`) })} />;
}
