import { Check, Minus } from "lucide-react";
import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { findLine, useSession } from "@/api/session";
import type { Offer } from "@/api/routing";
import { useSecondsSince, useSecondsUntil } from "@/realtime/clock";
import { Button } from "@/ui/Button";
import { address, duration } from "@/ui/format";
import { Ring } from "@/ui/Ring";
import { typeset } from "@/ui/typeset";
import { waitLevel, Waiting } from "@/ui/Waiting";
import styles from "./Offers.module.css";

const DECLINES = ["other_work", "not_mine", "language", "other"] as const;
const TARGET_S = 300;
/** Whoever was about to press Enter or to click on something else has not read the card yet. */
const READ_MS = 600;

export const whoOf = ({ conversation: { contact } }: Offer): string => contact.name ?? address(contact.address);

interface OfferCardProps {
  offer: Offer;
  busy: boolean;
  error: string;
  onAccept: () => void;
  /** In the words that were chosen. */
  onDecline: (reason: string) => void;
  onFold: () => void;
}

/** One conversation offered to this person. Enter accepts while the card has the focus. */
export function OfferCard({ offer, busy, error, onAccept, onDecline, onFold }: OfferCardProps) {
  const { t } = useTranslation("offers");
  const session = useSession();
  const total = Math.max(1, Math.round((Date.parse(offer.expires_at) - Date.parse(offer.made_at)) / 1000));
  const left = Math.min(total, useSecondsUntil(offer.expires_at));
  const row = offer.conversation;
  const waited = useSecondsSince(row.waiting_since ?? row.queued_at ?? offer.made_at);
  const line = findLine(session, row.line_id);
  const { skills } = offer;
  const said = row.last_message?.preview ?? "";
  const summary = row.handover?.summary ?? "";
  const over = left === 0;
  const [why, setWhy] = useState(false);
  const card = useRef<HTMLElement>(null);
  const [fresh, setFresh] = useState(true);
  useEffect(() => {
    const timer = setTimeout(() => setFresh(false), READ_MS);
    // Nobody's typing is interrupted: only a focus that rests nowhere comes here.
    if (document.activeElement === null || document.activeElement === document.body) card.current?.focus();
    return () => clearTimeout(timer);
  }, []);
  const press = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.target !== card.current || event.repeat) return;
    event.preventDefault();
    if (!busy && !over && !fresh) onAccept();
  };
  const time = duration(waited);
  return (
    <section ref={card} tabIndex={-1} className={styles.card} aria-label={t(offer.sender ? "transfer" : "title")} aria-describedby={`offer-${offer.id}`} data-testid="offer" data-offer={offer.id} data-conversation={row.id} onKeyDown={press}>
      <div className={styles.head}>
        <div className={styles.title} id={`offer-${offer.id}`}>
          <h2>{whoOf(offer)}</h2>
          <p>{line ? t("from", { queue: offer.queue, line: line.address }) : offer.queue}</p>
        </div>
        <Ring left={left} total={total} label={t("left", { count: left })} />
        <Button look="quiet" square size="small" aria-label={t("fold")} title={t("fold")} icon={<Minus size={16} />} onClick={onFold} data-testid="offer-fold" />
      </div>
      <div className={styles.facts}>
        <Waiting time={time} level={waitLevel(waited, TARGET_S)} label={t("waiting", { time })} />
        {skills.length > 0 && <span className="visually-hidden">{t("skills")}</span>}
        {skills.map((skill) => (
          <span key={skill.skill_id} className={styles.skill}>
            {skill.least > 0 ? t("level", { name: skill.name, level: skill.least }) : skill.preferred > 0 ? t("levelPreferred", { name: skill.name, level: skill.preferred }) : skill.name}
          </span>
        ))}
      </div>
      {offer.sender && (
        <div className={styles.transfer} data-testid="offer-sender">
          <p>{t("sender", { name: offer.sender })}</p>
          {offer.note && <p dir="auto">{offer.note}</p>}
        </div>
      )}
      {said && (
        <p className={styles.said} dir="auto">
          <span>{said}</span>
        </p>
      )}
      {summary && <p className={styles.summary}>{typeset(t("summary", { text: summary }))}</p>}
      {error && (
        <p role="alert" className={styles.error}>
          {error}
        </p>
      )}
      {over ? (
        <p className={styles.over}>{t("over")}</p>
      ) : why ? (
        <Why busy={busy} onChoose={onDecline} onBack={() => setWhy(false)} />
      ) : (
        <div className={styles.foot}>
          <Button look="primary" className={styles.accept} disabled={busy || fresh} icon={<Check size={16} aria-hidden="true" />} hint="↵" onClick={onAccept} data-testid="offer-accept">
            {busy ? t("accepting") : t("accept")}
          </Button>
          <Button disabled={busy || fresh} onClick={() => setWhy(true)} data-testid="offer-decline">
            {t("decline")}
          </Button>
        </div>
      )}
    </section>
  );
}

/** Why not: whoever looks after the queues learns from it. Escape goes back. */
function Why({ busy, onChoose, onBack }: { busy: boolean; onChoose: (reason: string) => void; onBack: () => void }) {
  const { t } = useTranslation("offers");
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => list.current?.querySelector("button")?.focus(), []);
  const press = (event: KeyboardEvent) => {
    const all = [...(list.current?.querySelectorAll<HTMLElement>("button") ?? [])];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") onBack();
    else if (step) all[(all.indexOf(document.activeElement as HTMLElement) + step + all.length) % all.length]?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div ref={list} role="group" aria-label={t("why")} className={styles.why} onKeyDown={press} data-testid="offer-why">
      <p aria-hidden="true">{t("why")}</p>
      {DECLINES.map((one) => (
        <Button key={one} disabled={busy} onClick={() => onChoose(t(`because.${one}`))} data-testid={`decline-${one}`}>
          {t(`because.${one}`)}
        </Button>
      ))}
      <Button look="quiet" onClick={onBack}>
        {t("back")}
      </Button>
    </div>
  );
}
