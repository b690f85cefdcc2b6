import { Replace } from "lucide-react";
import { useTranslation } from "react-i18next";
import { countSegments, findSaving, type Saving } from "./segments";
import styles from "./Composer.module.css";

interface SegmentCounterProps {
  text: string;
  longest: number;
  onReplace: (saving: Saving) => void;
}

/** "142/160 · 1 SMS · GSM-7", amber when a character forces Unicode, with a way out of it. */
export function SegmentCounter({ text, longest, onReplace }: SegmentCounterProps) {
  const { t } = useTranslation("conversation");
  const count = countSegments(text);
  const saving = findSaving(text);
  const unicode = count.encoding === "ucs2";
  const tooLong = text.length > longest;
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
          ? t("composer.tooLong", { units: text.length, limit: longest })
          : t("composer.counter", {
              units: count.units,
              room: count.room,
              parts: count.parts,
              encoding: unicode ? "Unicode" : "GSM-7",
            })}
      </span>
      {unicode && (
        <span className={styles.forced}>
          {t("composer.forced")}{" "}
          {count.unicode.slice(0, 4).map((character) => (
            <mark key={character}>{character.trim() === "" ? "␣" : character}</mark>
          ))}
          {count.unicode.length > 4 && "…"}
        </span>
      )}
      {saving && (
        <button type="button" className={styles.saving} onClick={() => onReplace(saving)} data-testid="segment-saving">
          <Replace size={13} aria-hidden="true" />
          {t("composer.saving", {
            count: saving.saved,
            swaps: saving.swaps
              .slice(0, 3)
              .map(([from, to]) => `${from.trim() === "" ? "␣" : from}\u00a0→\u00a0${to.trim() === "" ? "␣" : to}`)
              .join(", "),
          })}
        </button>
      )}
    </>
  );
}
