import { useTranslation } from "react-i18next";
import type { NextDeadline } from "@/api/types";
import { serverNow, useServerSecond } from "@/realtime/clock";
import { duration } from "@/ui/format";
import { deadlineLevel, Waiting } from "@/ui/Waiting";

/** The next target of the conversation on screen: how much time is left, or by how much it is late. */
export function DeadlineTimer({ deadline }: { deadline: NextDeadline }) {
  const { t } = useTranslation("conversation");
  useServerSecond(); // draws it anew each second
  const [now, at] = [serverNow(), Date.parse(deadline.at)];
  const level = deadlineLevel(now, Date.parse(deadline.warn_at), at);
  const left = duration(Math.round(Math.abs(at - now) / 1000));
  const label = t(level === "late" ? "deadline.missed" : "deadline.left", { left, what: t(`deadline.${deadline.kind}`) });
  return <Waiting time={level === "late" ? `+${left}` : left} level={level} label={label} />;
}
