import { AlarmClock, Bot, Check, ChevronsUp, CornerUpLeft, Mail, MessageCircle, MessageSquareText, PencilLine, PhoneCall, Star, TriangleAlert, UserRound } from "lucide-react";
import { memo, type CSSProperties, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { findAgent, findLine, useSession } from "@/api/session";
import type { Row } from "@/api/types";
import { address, clockTime, dayKey, fullTime, shortDate } from "@/ui/format";
import { serverNow } from "@/realtime/clock";
import { DueSoon, WaitingSince } from "./WaitingSince";
import styles from "./List.module.css";

interface ListRowProps {
  row: Row;
  selected: boolean;
  marked: boolean;
  draft: string | null;
  style: CSSProperties;
  /** What of tags, owner and line its second line shows. */
  columns: readonly string[];
  /** Chosen or not, while several are being chosen; else null. */
  chosen: boolean | null;
  onOpen: (id: string) => void;
  onChoose: (id: string, range: boolean) => void;
}

/** A moment as short as it can be: the hour today, the date before. */
function When({ at }: { at: string }) {
  const today = dayKey(at) === dayKey(serverNow());
  return <time dateTime={at}>{today ? clockTime(at) : shortDate(at)}</time>;
}

const MEDIA = { sms: MessageSquareText, email: Mail } as const;

function Medium({ medium }: { medium: string }) {
  const { t } = useTranslation("conversationList");
  const Icon = MEDIA[medium as keyof typeof MEDIA] ?? MessageCircle;
  const name = t(`filters.medium.${(["sms", "whatsapp", "email", "webchat"] as const).find((one) => one === medium) ?? "other"}`);
  return <Mark className={styles.medium!} label={t("medium", { medium: name })}><Icon size={14} aria-hidden="true" /></Mark>;
}

function Mark({ className, label, testId, children }: { className: string; label: string; testId?: string; children: ReactNode }) {
  return (
    <span className={className} title={label} data-testid={testId}>
      {children}
      <span className="visually-hidden">{label} </span>
    </span>
  );
}

const MOST_DOTS = 4;

/** Dots, each of its tag's own colour; their names for who points at them and for who hears them. */
function Tags({ ids }: { ids: readonly string[] }) {
  const { t } = useTranslation("conversationList");
  const { tags } = useSession();
  const known = tags.filter((tag) => ids.includes(tag.id));
  if (known.length === 0) return null;
  const names = t("tagged", { names: known.map((tag) => tag.name).join(", ") });
  return (
    <span className={styles.tags} title={names} data-testid="row-tags">
      {known.slice(0, MOST_DOTS).map((tag) => <span key={tag.id} className={styles.tag} style={{ "--hue": hueOf(tag.id) } as CSSProperties} aria-hidden="true" />)}
      <span className="visually-hidden">{names} </span>
    </span>
  );
}

const hueOf = (id: string): number => [...id].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 360, 7);

export const ListRow = memo(function ListRow({ row, selected, marked, draft, style, columns, chosen, onOpen, onChoose }: ListRowProps) {
  const { t } = useTranslation("conversationList");
  const session = useSession();
  const line = findLine(session, row.line_id);
  const owner = findAgent(session, row.owner_id);
  const last = row.last_message;
  const mine = row.owner_id === session.user.id;
  // What the bot or a colleague is reading is no news for this agent.
  const unread = row.unread > 0 && (mine || row.status === "queued");
  const asleep = row.snooze?.until ? t("snoozedUntil", { when: fullTime(row.snooze.until) }) : t("snoozedAnswer");
  const who = row.contact.name ?? address(row.contact.address);

  return (
    <div
      role="option"
      aria-selected={selected}
      aria-checked={chosen ?? undefined}
      id={`row-${row.id}`}
      className={[
        styles.row,
        selected ? styles.selected : "",
        marked ? styles.marked : "",
        unread ? styles.unread : "",
        row.status === "closed" ? styles.closed : "",
      ].join(" ")}
      style={style}
      data-testid="conversation-row"
      data-conversation={row.id}
      data-status={row.status}
      onClick={(event) => {
        // Shift and a click choose up to here; a plain one opens, unless several are being chosen already.
        if (chosen !== null || event.shiftKey || event.ctrlKey || event.metaKey) onChoose(row.id, event.shiftKey);
        else onOpen(row.id);
      }}
    >
      <div className={styles.first}>
        {chosen === null ? line && <Medium medium={line.medium} /> : <span className={styles.box} data-on={chosen} aria-hidden="true">{chosen && <Check size={12} />}</span>}
        <span className={styles.name}>{who}</span>
        {row.vip && <Mark className={styles.vip!} label={t("vip")} testId="row-vip"><Star size={13} fill="currentColor" aria-hidden="true" /></Mark>}
        {row.failed && <Mark className={styles.failed!} label={t("failed")} testId="row-failed"><TriangleAlert size={14} aria-hidden="true" /></Mark>}
        {row.status === "queued" && row.priority > 0 && (
          <span className={styles.urgent} title={t("urgent")}>
            <ChevronsUp size={14} aria-hidden="true" />
            <span className="visually-hidden">{t("urgent")}</span>
          </span>
        )}
        {row.waiting_since ? (
          <WaitingSince since={row.waiting_since} deadline={row.deadline} />
        ) : row.deadline ? (
          <DueSoon deadline={row.deadline} otherwise={<span className={styles.when}>{last && <When at={last.at} />}</span>} />
        ) : (
          <span className={styles.when}>{last && <When at={last.at} />}</span>
        )}
      </div>
      <div className={styles.second}>
        <span className={styles.preview}>
          {draft !== null ? (
            <>
              <span className={styles.draft}>
                <PencilLine size={13} aria-hidden="true" />
                {t("draft")}
              </span>
              {draft}
            </>
          ) : last ? (
            <>
              {last.author === "bot" && (
                <span className={styles.hint}>
                  <Bot size={14} aria-hidden="true" />
                  <span className="visually-hidden">{t("bot")}: </span>
                </span>
              )}
              {last.author === "agent" && (
                <span className={styles.hint}>
                  <CornerUpLeft size={13} aria-hidden="true" />
                  {mine ? `${t("you")} ` : ""}
                </span>
              )}
              {last.preview || t("hidden")}
            </>
          ) : (
            t("noMessage")
          )}
        </span>
        {columns.includes("tags") && row.tags.length > 0 && <Tags ids={row.tags} />}
        {unread ? (
          <span className={styles.badge} aria-label={t("unread", { count: row.unread })}>
            {row.unread > 9 ? "9+" : row.unread}
          </span>
        ) : (
          owner &&
          !mine &&
          columns.includes("owner") && (
            <span className={styles.owner} title={t("owner", { name: owner.name })}>
              <UserRound size={12} aria-hidden="true" />
              <span>{owner.name.split(" ")[0]}</span>
            </span>
          )
        )}
        {row.status === "bot" && !unread && (
          <span className={styles.state}>
            <Bot size={12} aria-hidden="true" />
            {t("bot")}
          </span>
        )}
        {row.snooze && (
          <span className={styles.state} title={asleep} data-testid="row-snoozed">
            <AlarmClock size={12} aria-hidden="true" />
            <span className="visually-hidden">{asleep}</span>
            {row.snooze.until && <span aria-hidden="true"><When at={row.snooze.until} /></span>}
          </span>
        )}
        {row.callback_at && (
          <span className={styles.state} title={t("callback", { when: fullTime(row.callback_at) })} data-testid="row-callback">
            <PhoneCall size={12} aria-hidden="true" />
            <span className="visually-hidden">{t("callback", { when: fullTime(row.callback_at) })}</span>
            <span aria-hidden="true"><When at={row.callback_at} /></span>
          </span>
        )}
        {row.status === "closed" && <span className={styles.state}>{t("status.closed")}</span>}
        {line && columns.includes("line") && (
          <span className={styles.line} title={line.name}>
            <span className="visually-hidden">{t("via", { line: "" })}</span>
            {line.address}
          </span>
        )}
      </div>
    </div>
  );
});
