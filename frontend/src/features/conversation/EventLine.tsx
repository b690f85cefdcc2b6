import { useTranslation } from "react-i18next";
import type { Message } from "@/api/types";
import { clockTime, fullTime } from "@/ui/format";
import { whyOf } from "./quickText";
import { transferSaid } from "./transferSaid";
import styles from "./Thread.module.css";

const REASONS = ["asked", "unsure", "failed", "rule", "opt_out_hint", "opted_out", "filter", "after_hours", "callback", "keyword", "vip", "mood", "loop"] as const;
const SILENCES = ["opted_out", "no_number", "too_many", "failed", "empty", "told"] as const;
/** What wakes a sleeping conversation by itself; else somebody did. */
const WOKEN = ["text", "time", "callback"] as const;

/** One grey line: what happened, who did it, when. */
export function EventLine({ message }: { message: Message }) {
  const { t } = useTranslation("conversation");
  const { t: tQuick } = useTranslation("quick");
  const event = message.event;
  const actor = message.author.name ?? t("system");
  const byPerson = message.author.name !== null;

  const say = (): string => {
    switch (event?.type.split(".").at(-1)) {
      case "queued":
      case "handover": {
        const reason = REASONS.find((one) => one === event?.reason);
        const said = t(reason ? `event.queued_${reason}` : "event.queued");
        if (typeof event?.rule_place !== "number") return said;
        return t("event.byRule", { said, rule: String(event.rule || event.rule_place) });
      }
      case "assigned": {
        const owner = typeof event?.owner_name === "string" ? event.owner_name : actor;
        return t(event?.by === "routing" || !byPerson ? "event.assignedAuto" : "event.assigned", { name: owner });
      }
      case "reopened":
        return t("event.reopened", { name: actor });
      case "returned":
        if (event?.by === "ladder") return t("wait.toBot");
        return t(event?.to === "bot" ? "event.returnedBot" : "event.returnedQueue", { name: actor });
      case "filtered": {
        const silence = SILENCES.find((one) => one === event?.silence);
        return t(silence ? `event.filtered_${silence}` : "event.filtered");
      }
      case "closed":
        if (event?.by === "silence") return t("event.closedSilence");
        return byPerson ? t("event.closed", { name: actor }) : t("event.closedAuto");
      case "silence":
        return t(event?.silence ? "event.silenceUntold" : "event.silence");
      case "opt_out":
      case "opt_in": {
        const what = event?.type === "opt_out" ? "optOut" : "optIn";
        return byPerson ? t(`event.${what}By`, { name: actor, reason: String(event?.reason ?? "") }) : t(`event.${what}`);
      }
      case "opened":
        return byPerson ? t("event.openedBy", { name: actor }) : t("event.opened");
      case "snoozed":
        return typeof event?.until === "string"
          ? t("event.snoozedUntil", { name: actor, when: fullTime(event.until) })
          : t("event.snoozedAnswer", { name: actor });
      case "woken": {
        const by = WOKEN.find((one) => one === event?.by) ?? "hand";
        const what = t(`event.woken_${by}`, { name: actor });
        return event?.to === "queue" ? t("event.wokenQueue", { what, owner: String(event?.owner_name ?? "") }) : what;
      }
      case "callback_promised": {
        const when = typeof event?.at === "string" ? fullTime(event.at) : "";
        return byPerson ? t("event.callbackPromisedBy", { name: actor, when }) : t("event.callbackPromised", { when });
      }
      case "callback_due":
        return event?.note ? t("event.callbackDueNote", { note: String(event.note) }) : t("event.callbackDue");
      case "callback_moved":
        return t("event.callbackMoved");
      case "callback_kept":
        return t("event.callbackKept", { name: actor });
      case "callback_dropped":
        return t("event.callbackDropped", { name: actor });
      case "scheduled_unsent":
        return tQuick("laterUnsent", { why: tQuick(`why.${whyOf(String(event?.why))}`) });
      case "transfer_asked":
      case "transferred":
      case "transfer_ended":
      case "consult_asked":
      case "consult_ended":
        return transferSaid(t, event!, actor) ?? (message.body || t("event.other", { type: event!.type }));
      default:
        return message.body || t("event.other", { type: event?.type ?? "" });
    }
  };

  return (
    <div className={styles.event}>
      <span>{say()}</span>
      <time dateTime={message.at}>{clockTime(message.at)}</time>
    </div>
  );
}
