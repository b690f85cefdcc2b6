import { useEffect, useRef, useState } from "react";
import { createPortal, flushSync } from "react-dom";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/fetch";
import { recentRows } from "@/api/detail";
import type { Offer } from "@/api/routing";
import { useSession } from "@/api/session";
import type { Row } from "@/api/types";
import { secondsUntil, useSecondsUntil, useServerSecond } from "@/realtime/clock";
import { address } from "@/ui/format";
import { useKeys } from "@/ui/keys";
import { useTopDialog } from "@/ui/layer";
import { toast } from "@/ui/toasts";
import { typeset } from "@/ui/typeset";
import { isOver, useAlive, useAnswer } from "./api";
import { OfferCard, whoOf } from "./OfferCard";
import { ring } from "./ringing";
import styles from "./Offers.module.css";

const HURRY_S = 5;
/** So long one stands there whose time is over, when nothing else is offered: its owner looks for it. */
const OVER_S = 3;

interface OfferStackProps {
  offers: Offer[];
  sound: boolean;
  /** `busy`: he has a dialog open, and what he writes there must not go. */
  onAccepted: (row: Row, busy: boolean) => void;
  /** Said to a screen reader. */
  announce: (text: string) => void;
}

/**
 * What is offered, at the top right of every screen: the one that ends first as a card, the others as a line each. It
 * never covers where somebody writes; over a dialog all of them are lines until one is asked for.
 */
export function OfferStack({ offers, sound, onAccepted, announce }: OfferStackProps) {
  const { t } = useTranslation("offers");
  const [chosen, choose] = useState<{ id: string; over: HTMLElement | null } | null>(null);
  const [folded, fold] = useState<string | null>(null);
  const dialog = useTopDialog();
  const alive = useAlive(offers);
  const ended = useAlive(offers, OVER_S);
  const shown = alive.length > 0 ? alive : ended;
  const first = shown.find(({ id }) => id === chosen?.id && chosen.over === dialog) ?? (dialog ? undefined : shown[0]);
  const front = first?.id === folded ? undefined : first;
  const answer = useAnswer((row) => {
    onAccepted(row, dialog !== null);
    if (!dialog) return;
    const told = t("taken", { who: row.contact.name ?? address(row.contact.address) });
    toast(told);
    announce(told);
  });
  const stack = useRef<HTMLElement>(null);
  const answered = useRef(new Set<string>());
  useGone(offers, answered.current);
  useEffect(() => (sound && alive.length > 0 ? ring() : undefined), [sound, alive.length]);
  const show = (id: string) => {
    flushSync(() => {
      choose({ id, over: dialog });
      fold(null);
    });
    stack.current?.querySelector<HTMLElement>("[data-testid=offer]")?.focus();
  };
  const foremost = front ?? shown[0];
  useKeys({ o: () => foremost && show(foremost.id) }, shown.length > 0, { inDialogs: true });

  if (shown.length === 0) return null;
  const act = (offer: Offer, decline?: string) => {
    if (answer.isPending) return;
    answered.current.add(offer.id);
    answer.mutate(
      { offer, decline },
      {
        onError: (failure) => {
          if (!isOver(failure)) answered.current.delete(offer.id);
          else toast(t(decline === undefined ? "failed" : "failedDecline", { reason: t("gone") }), { bad: true });
        },
      },
    );
  };
  const failure = answer.error;
  const about = answer.variables;
  const error =
    failure && about && about.offer.id === front?.id && !isOver(failure)
      ? t(about.decline === undefined ? "failed" : "failedDecline", { reason: failure instanceof ApiError && failure.message ? typeset(failure.message) : t("unreachable") })
      : "";
  const drawn = (
    <section ref={stack} className={`${styles.offers} ${dialog ? styles.inDialog : ""}`} aria-label={t("region")} data-testid="offers">
      {front && (
        <OfferCard
          key={front.id}
          offer={front}
          busy={answer.isPending}
          error={error}
          onAccept={() => act(front)}
          onDecline={(reason) => act(front, reason)}
          onFold={() => {
            choose(null);
            fold(front.id);
          }}
        />
      )}
      {shown.filter((one) => one !== front).map((one) => (
        <Waits key={one.id} offer={one} onShow={() => show(one.id)} />
      ))}
    </section>
  );
  return (
    <>
      <Said offers={alive} announce={announce} />
      {dialog ? createPortal(drawn, dialog) : <div className={styles.place}>{drawn}</div>}
    </>
  );
}

function Waits({ offer, onShow }: { offer: Offer; onShow: () => void }) {
  const { t } = useTranslation("offers");
  const left = useSecondsUntil(offer.expires_at);
  return (
    <button type="button" className={styles.more} title={t("show")} onClick={onShow} data-testid="offer-more">
      <span>{t("more", { who: whoOf(offer), queue: offer.queue })}</span>
      <span className={styles.left}>
        <span aria-hidden="true">{left}</span>
        <span className="visually-hidden">{t("left", { count: left })}</span>
      </span>
    </button>
  );
}

/** A screen reader hears an offer when it comes, and once more shortly before it ends; not each second. */
function Said({ offers, announce }: Pick<OfferStackProps, "offers" | "announce">) {
  const { t } = useTranslation("offers");
  const second = useServerSecond();
  const said = useRef(new Set<string>());
  useEffect(() => {
    const once = (key: string, text: string) => {
      if (said.current.has(key)) return;
      said.current.add(key);
      announce(text);
    };
    for (const offer of offers) {
      const count = secondsUntil(offer.expires_at);
      once(`${offer.id} arrived`, t("arrived", { who: whoOf(offer), queue: offer.queue, count }));
      if (count > 0 && count <= HURRY_S) once(`${offer.id} hurry`, t("hurry", { who: whoOf(offer), count }));
    }
  }, [announce, offers, second, t]);
  return null;
}

/** An offer that went, and not by this person's hand: how is said, or he would wonder where it is. */
function useGone(offers: Offer[], answered: ReadonlySet<string>): void {
  const { t } = useTranslation("offers");
  const me = useSession().user.id;
  const before = useRef<Offer[]>([]);
  useEffect(() => {
    const gone = before.current.filter((one) => !offers.some(({ id }) => id === one.id));
    before.current = offers;
    for (const one of gone) {
      // Answered in another tab: its conversation is his.
      const row = recentRows.since(0).findLast(({ id }) => id === one.conversation.id);
      if (answered.has(one.id) || (row?.owner_id === me && row.revision > one.conversation.revision)) continue;
      const ranOut = secondsUntil(one.expires_at) <= 1;
      const how = !ranOut ? "ended.withdrawn" : one.sender ? "ended.back" : "ended.timed_out";
      toast(t(how, { who: whoOf(one), name: one.sender ?? "" }), { bad: true });
    }
  }, [answered, me, offers, t]);
}
