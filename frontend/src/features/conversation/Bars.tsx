import { BellOff, Bot, CircleCheck, Hand, Hourglass, RotateCcw, SquarePen, UserRound } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { findAgent, useSession } from "@/api/session";
import type { Row } from "@/api/types";
import { useSecondsSince } from "@/realtime/clock";
import { Button } from "@/ui/Button";
import { duration, fullTime } from "@/ui/format";
import { typeset } from "@/ui/typeset";
import styles from "./Conversation.module.css";

interface BarProps {
  row: Row;
  busy: boolean;
  mayTake: boolean;
  onTake: () => void;
  /** A new text to the person of a closed conversation; absent: none may be sent. */
  onWrite?: () => void;
  /** Absent: he may not, or nothing may be sent to its person. */
  onReopen?: () => void;
}

/** Above the composer, when the conversation is not the reader's: who has it, and how to take it. */
export function OwnershipBar({ row, busy, mayTake, onTake, onWrite, onReopen }: BarProps) {
  const { t } = useTranslation("conversation");
  const session = useSession();
  const owner = findAgent(session, row.owner_id);
  const disposition = session.dispositions.find(({ id }) => id === row.disposition_id);
  const take = (label: string) => mayTake && (
    <Button look="primary" data-testid="take" disabled={busy} hint="T" icon={<Hand size={15} aria-hidden="true" />} onClick={onTake}>
      {label}
    </Button>
  );

  switch (row.status) {
    case "bot":
      return (
        <Bar look="bot" icon={<Bot size={18} />} title={t("bar.bot")} text={mayTake ? t("bar.botHint") : ""}>
          {take(t("bar.takeOver"))}
        </Bar>
      );
    case "queued":
      return (
        <Bar look="queued" icon={<Hourglass size={17} />} title={t("bar.queued")} text={typeset(row.handover?.summary ?? "")} extra={row.queued_at && <Since at={row.queued_at} />}>
          {take(t("bar.take"))}
        </Bar>
      );
    case "closed":
      return (
        <Bar look="closed" icon={<CircleCheck size={17} />} title={t("bar.closed", { when: row.closed_at ? fullTime(row.closed_at) : "" })} text={disposition ? t("bar.disposition", { name: disposition.name }) : t("bar.closedHint")}>
          {onReopen && (
            <Button data-testid="reopen" disabled={busy} icon={<RotateCcw size={15} aria-hidden="true" />} onClick={onReopen}>
              {t("bar.reopen")}
            </Button>
          )}
          {onWrite && (
            <Button data-testid="write-again" icon={<SquarePen size={15} aria-hidden="true" />} onClick={onWrite}>
              {t("bar.writeAgain")}
            </Button>
          )}
        </Bar>
      );
    default:
      if (row.owner_id === session.user.id) return null;
      return <Bar look="closed" icon={<UserRound size={17} />} title={t("bar.owned", { name: owner?.name ?? t("refusal.someone") })} text={mayTake ? t("bar.ownedHint") : ""} />;
  }
}

/** Above the composer, when nothing may be sent to the person of the conversation. */
export function OptedOutBar({ since }: { since: string }) {
  const { t } = useTranslation("conversation");
  return <Bar look="closed" icon={<BellOff size={17} />} title={t("bar.optedOut", { when: fullTime(since) })} text={t("bar.optedOutHint")} />;
}

function Since({ at }: { at: string }) {
  return <span className={styles.since}>{duration(useSecondsSince(at))}</span>;
}

interface BarFrame {
  look: "bot" | "queued" | "closed";
  icon: ReactNode;
  title: string;
  text: string;
  extra?: ReactNode;
  children?: ReactNode;
}

export function Bar({ look, icon, title, text, extra, children }: BarFrame) {
  return (
    <div className={`${styles.bar} ${styles[`${look}Bar`]}`}>
      <div className={styles.barInside}>
        <span className={styles.barIcon} aria-hidden="true">
          {icon}
        </span>
        <div className={styles.barText}>
          <p>
            <strong>{title}</strong> {extra}
          </p>
          {text && <p className={styles.barHint}>{text}</p>}
        </div>
        {children}
      </div>
    </div>
  );
}
