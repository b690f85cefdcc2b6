import { Replace } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Saving } from "./saver";
import type { Wording } from "./wording";
import styles from "./Composer.module.css";

interface SegmentCounterProps {
  wording: Wording;
  most: number;
  onReplace: (saving: Saving) => void;
}

const NAMES = { gsm7: "GSM-7", latin1: "Latin-1", ucs2: "Unicode" } as const;

const visible = (sign: string) => (sign.trim() === "" ? "␣" : sign);

/** "ê → e, 😀 → ": at most three, what is left out last. */
function inShort({ swaps, removed }: Saving, without: (signs: string) => string): string {
  const said = swaps.slice(0, 3).map(([from, to]) => `${visible(from)}\u00a0→\u00a0${visible(to)}`);
  if (swaps.length > 3) said.push("…");
  if (removed.length > 0) said.push(without(removed.slice(0, 3).join(" ")));
  return said.join(", ");
}

/** "142/160 · 1 SMS · GSM-7", amber when a character forces Unicode, with a way out of it. */
export function SegmentCounter({ wording, most, onReplace }: SegmentCounterProps) {
  const { t } = useTranslation("conversation");
  const { count, forcing, offer, applied, tooLong, limit } = wording;
  const unicode = count.encoding === "ucs2";
  const facts = { units: count.units, parts: count.parts, encoding: NAMES[count.encoding] };
  const short = (saving: Saving) => inShort(saving, (signs) => t("composer.without", { signs }));
  return (
    <>
      <span
        className={`${styles.counter} ${tooLong ? styles.over : unicode ? styles.unicode : ""}`}
        data-testid="segment-counter"
        data-encoding={count.encoding}
        data-parts={count.parts}
        role="group"
        aria-label={t("composer.counterLabel")}
      >
        {tooLong
          ? t("composer.tooLong", { ...facts, room: limit, count: most })
          : t("composer.counter", { ...facts, room: count.room })}
      </span>
      {unicode && (
        <span className={styles.forced}>
          {t("composer.forced")}{" "}
          {forcing.slice(0, 4).map((character) => (
            <mark key={character}>{visible(character)}</mark>
          ))}
          {forcing.length > 4 && "…"}
        </span>
      )}
      {offer && (
        <button type="button" className={styles.saving} onClick={() => onReplace(offer)} data-testid="segment-saving">
          <Replace size={13} aria-hidden="true" />
          {t("composer.saving", { count: offer.saved, swaps: short(offer) })}
        </button>
      )}
      {applied && (
        <p className={styles.applied} data-testid="segment-applied">
          <b>{t("composer.applied", { count: applied.saved, swaps: short(applied) })}</b>
          <q dir="auto">{applied.text}</q>
        </p>
      )}
    </>
  );
}
