import { useTranslation } from "react-i18next";
import { useSecondsSince } from "@/realtime/clock";
import { duration } from "@/ui/format";
import { Waiting, waitLevel } from "@/ui/Waiting";

/** Seconds after which a customer has waited too long for a person's first answer. One figure until queues carry their own. */
const TARGET_S = 300;

export function WaitingSince({ since }: { since: string }) {
  const { t } = useTranslation("conversationList");
  const seconds = useSecondsSince(since);
  const level = waitLevel(seconds, TARGET_S);
  const time = duration(seconds);
  return <Waiting time={time} level={level} label={t(`waiting.${level}`, { time })} />;
}
