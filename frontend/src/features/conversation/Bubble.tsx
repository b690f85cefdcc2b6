import { Bot, StickyNote } from "lucide-react";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import type { Message } from "@/api/types";
import { clockTime, fullTime } from "@/ui/format";
import { findLinks } from "./links";
import type { OutboxEntry } from "./outbox";
import { Ticks } from "./Ticks";
import type { TimelineItem } from "./timeline";
import styles from "./Thread.module.css";

interface BubbleProps {
  item: TimelineItem;
  me: string;
  contactName: string;
  /** Asked for how a text left. */
  onDetails?: (seq: number) => void;
  /** A search has led here. */
  found?: boolean;
}

/** Each text keeps its direction to itself; a link says where it leads, and opens apart, telling nothing of us. */
function Body({ text }: { text: string }) {
  return (
    <p className={styles.body} dir="auto">
      {findLinks(text).map((piece, index) => {
        switch (piece.kind) {
          case "link":
            return (
              <a key={index} href={piece.href} dir="ltr" target="_blank" rel="noopener noreferrer nofollow">
                {piece.text}
              </a>
            );
          case "hiding":
            return (
              <mark key={index} dir="ltr" className={styles.hiding}>
                {piece.text}
              </mark>
            );
          default:
            return piece.text;
        }
      })}
    </p>
  );
}

function lookOf(message: Message): string {
  if (message.kind === "note") return styles.note!;
  if (message.kind === "incoming") return styles.incoming!;
  return message.author.kind === "bot" ? styles.botBubble! : styles.outgoing!;
}

export const Bubble = memo(function Bubble({ item, me, contactName, onDetails, found = false }: BubbleProps) {
  const { t } = useTranslation("conversation");
  const { message, first, last } = item;
  const { author, delivery } = message;
  const mine = author.id === me;
  const name =
    author.kind === "bot" ? t("bot") : author.kind === "contact" ? contactName : mine ? t("you") : (author.name ?? t("system"));
  const showName = first && (message.kind === "note" || author.kind === "bot" || (author.kind === "agent" && !mine) || (author.kind === "system" && author.name !== null));
  const bad = delivery !== null && ["failed", "expired", "unknown"].includes(delivery.status);
  const side = message.kind === "incoming" ? styles.left : styles.right;

  return (
    <div
      className={`${styles.item} ${side} ${first ? styles.first : ""}`}
      data-testid="message"
      data-kind={message.kind}
      data-author={author.kind}
      data-status={delivery?.status ?? ""}
      data-seq={message.seq}
      data-found={found || undefined}
      tabIndex={found ? -1 : undefined}
    >
      {showName && (
        <span className={styles.author}>
          {author.kind === "bot" && <Bot size={13} aria-hidden="true" />}
          {message.kind === "note" && <StickyNote size={13} aria-hidden="true" />}
          {message.kind === "note" ? `${t("note")} · ${name}` : name}
        </span>
      )}
      <div className={`${styles.bubble} ${lookOf(message)} ${last ? styles.tail : ""}`} title={fullTime(message.at)}>
        {!showName && <span className="visually-hidden">{message.kind === "note" ? t("notePrivate") : name}: </span>}
        {message.attachments.length > 0 && <Attachments of={message} />}
        {message.body === "" ? <p className={styles.hiddenText}>{t("hidden")}</p> : <Body text={message.body} />}
      </div>
      {(last || bad || message.gap) && (
        <span className={styles.meta}>
          {message.gap && <Gap gap={message.gap} />}
          {delivery && delivery.parts > 1 && <span>{t("parts", { count: delivery.parts })}</span>}
          <time dateTime={message.at}>{clockTime(message.at)}</time>
          {delivery &&
            (onDetails ? (
              <button
                type="button"
                className={styles.ticks}
                title={t("details.title")}
                data-testid="delivery"
                onClick={() => onDetails(message.seq)}
              >
                <Ticks delivery={delivery} />
              </button>
            ) : (
              <Ticks delivery={delivery} />
            ))}
        </span>
      )}
    </div>
  );
});

/** What came, or left, with a text. It is had from our own address; what its provider called it is not believed. */
function Attachments({ of: { attachments, at, kind: direction } }: { of: Message }) {
  const { t } = useTranslation("conversation");
  return (
    <ul className={styles.attachments}>
      {attachments.map(({ place, kind, state, url }) => (
        <li key={place}>
          {url === null ? (
            <span className={styles.hiddenText}>{t(`attachment.${state === "refused" || state === "gone" || state === "expired" ? state : "waiting"}`)}</span>
          ) : kind === "image" ? (
            <a href={url} target="_blank" rel="noopener noreferrer">
              <img src={url} alt={t(direction === "outgoing" ? "attachment.imageSent" : "attachment.image", { time: clockTime(at) })} loading="lazy" />
            </a>
          ) : kind === "audio" ? (
            <audio src={url} controls preload="none" aria-label={t(direction === "outgoing" ? "attachment.audioSent" : "attachment.audio")} />
          ) : (
            <video src={url} controls preload="none" aria-label={t(direction === "outgoing" ? "attachment.videoSent" : "attachment.video")} />
          )}
        </li>
      ))}
    </ul>
  );
}

/** Of a text that was shown before all of it had come: what is still missing, or since when nothing is. */
function Gap({ gap: { missing, completed_at } }: { gap: NonNullable<Message["gap"]> }) {
  const { t } = useTranslation("conversation");
  if (missing > 0) return <span>{t("gap", { count: missing })}</span>;
  return completed_at && <span title={fullTime(completed_at)}>{t("completed", { time: clockTime(completed_at) })}</span>;
}

interface PendingProps {
  entry: OutboxEntry;
  /** It outlives this page. */
  stored: boolean;
  onRetry: () => void;
  onRemove: () => void;
  onEdit: () => void;
}

/** A text that the server has not confirmed: shown at once, and honest about where it is. */
export function PendingBubble({ entry, stored, onRetry, onRemove, onEdit }: PendingProps) {
  const { t } = useTranslation("conversation");
  const { t: tQuick } = useTranslation("quick");
  const refusal =
    entry.code === "closed" || entry.code === "not_owner" || entry.code === "too_long" || entry.code === "empty" || entry.code === "opted_out"
      ? t(`refusal.${entry.code}`)
      : entry.reason || t("refusal.other", { code: entry.code ?? "?" });
  const stuck = entry.state === "refused" || entry.state === "old";
  return (
    <div
      className={`${styles.item} ${styles.right} ${styles.first}`}
      data-testid="message"
      data-kind={entry.kind}
      data-status={entry.state === "sending" ? "pending" : entry.state}
      data-seq=""
    >
      <div className={`${styles.bubble} ${entry.kind === "note" ? styles.note : styles.outgoing} ${styles.tail} ${styles.pending}`}>
        {entry.attachments?.length ? <p className={styles.hiddenText}>{t("attachment.leaving", { count: entry.attachments.length })}</p> : null}
        {entry.body !== "" && <Body text={entry.body} />}
      </div>
      <span className={`${styles.meta} ${stuck ? styles.failed : ""}`}>
        <span>
          {entry.state === "refused"
            ? t("because", { what: t("outbox.refused"), reason: refusal })
            : t(`outbox.${entry.state}`)}
          {!stored && entry.state === "waiting" && ` · ${tQuick("onlyHere")}`}
        </span>
        {stuck && (
          <>
            {entry.state === "old" && (
              <button type="button" onClick={onRetry}>
                {t("outbox.retry")}
              </button>
            )}
            <button type="button" onClick={onEdit}>
              {t("outbox.edit")}
            </button>
          </>
        )}
        {entry.state !== "sending" && (
          <button type="button" onClick={onRemove}>
            {t("outbox.remove")}
          </button>
        )}
      </span>
    </div>
  );
}
