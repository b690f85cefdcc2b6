import type { TFunction } from "i18next";
import type { Message } from "@/api/types";

const ENDS = ["declined", "timed_out", "withdrawn", "cancelled"] as const;

/** The grey line of a transfer or a consult; null: of a kind that this page does not know. */
export function transferSaid(t: TFunction<"conversation">, event: NonNullable<Message["event"]>, actor: string): string | null {
  const word = (name: string) => (typeof event[name] === "string" ? (event[name] as string) : "");
  switch (event.type) {
    case "transfer_asked":
      return t("transfer.asked", { name: actor, to: word("to_name") });
    case "transferred":
      if (event.to === "queue") return t("transfer.handed", { name: actor, queue: word("queue_name") });
      return t(event.by === "transfer" ? "transfer.given" : "transfer.givenBy", { name: actor, to: word("owner_name"), from: word("from_name") });
    case "consult_asked":
      return t("consult.line", { name: actor, to: word("to_name") });
    case "consult_ended":
      if (event.how === "left") return t("consult.endedLeft", { to: word("to_name") });
      return actor === word("to_name") ? t("consult.endedSelf", { name: actor }) : t("consult.ended", { name: actor, to: word("to_name") });
    case "transfer_ended": {
      const how = ENDS.find((one) => one === event.how);
      return how ? t(`transfer.end_${how}`, { name: actor, to: word("to_name"), reason: word("reason") }) : null;
    }
    default:
      return null;
  }
}
