import { StickyNote } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Mode } from "./drafts";
import styles from "./Composer.module.css";
import look from "./Quick.module.css";

interface ModesProps {
  mode: Mode;
  mayReply: boolean;
  /** Something stands in the other one. */
  waits: boolean;
  onMode: (mode: Mode) => void;
}

/** What is written: an answer, or a note for the team. Each has its own words. */
export function ComposerModes({ mode, mayReply, waits, onMode }: ModesProps) {
  const { t } = useTranslation("conversation");
  const { t: tQuick } = useTranslation("quick");
  const note = mode === "note";
  const begun = (
    <>
      <span className={look.dot} aria-hidden="true" />
      <span className="visually-hidden">({tQuick(note ? "replyWaits" : "noteWaits")})</span>
    </>
  );
  return (
    <div className={styles.modes} role="radiogroup" aria-label={t("composer.mode")}>
      {mayReply && (
        <button type="button" role="radio" aria-checked={!note} className={styles.mode} onClick={() => onMode("reply")} data-testid="mode-reply">
          {t("composer.reply")}
          {note && waits && begun}
          <kbd aria-hidden="true">R</kbd>
        </button>
      )}
      <button type="button" role="radio" aria-checked={note} className={styles.mode} onClick={() => onMode("note")} data-testid="mode-note">
        <StickyNote size={13} aria-hidden="true" />
        {t("composer.note")}
        {!note && waits && begun}
        <kbd aria-hidden="true">N</kbd>
      </button>
    </div>
  );
}
