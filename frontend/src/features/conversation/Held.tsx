import { useSyncExternalStore, type RefObject } from "react";
import { useTranslation } from "react-i18next";
import type { Row } from "@/api/types";
import { Button } from "@/ui/Button";
import { clockTime } from "@/ui/format";
import { elsewhereOf, onElsewhere, settleElsewhere } from "./draftSync";
import type { Mode } from "./drafts";
import { useLeftDrafts, useReplies } from "./repliesApi";
import { fill } from "./variables";
import styles from "./Quick.module.css";

/** He has written something else in another browser: both stand here until he says which goes on. */
export function ElsewhereBar({ conversationId, mode }: { conversationId: string; mode: Mode }) {
  const { t } = useTranslation("quick");
  const other = useSyncExternalStore(onElsewhere, () => elsewhereOf(conversationId, mode));
  if (!other) return null;
  return (
    <div className={styles.bar} role="group" data-testid="draft-elsewhere">
      <span>{t("elsewhere", { at: clockTime(other.at) })}</span>
      <q dir="auto">{other.text}</q>
      <Button size="small" onClick={() => settleElsewhere(conversationId, mode, false)} data-testid="draft-keep">
        {t("keepMine")}
      </Button>
      <Button size="small" onClick={() => settleElsewhere(conversationId, mode, true)} data-testid="draft-take">
        {t("takeTheirs")}
      </Button>
    </div>
  );
}

/** What whoever had the conversation before was writing, where the organisation lets colleagues read that. */
export function LeftDrafts({ row, onTake }: { row: Row; onTake: (text: string) => void }) {
  const { t } = useTranslation("quick");
  const found = useLeftDrafts(row.id, true);
  const [one] = found.data?.others ?? [];
  if (!one) return null;
  return (
    <div className={styles.bar} role="group" data-testid="left-draft">
      <span>
        <bdi>{t("colleague", { name: one.by })}</bdi>
      </span>
      <q dir="auto">{one.text}</q>
      <Button size="small" onClick={() => onTake(one.text)}>
        {t("takeDraft")}
      </Button>
    </div>
  );
}

interface MissingProps {
  row: Row;
  names: readonly string[];
  field: RefObject<HTMLTextAreaElement | null>;
  text: string;
  onFilled: (text: string) => void;
}

/**
 * What a canned reply says and nobody knows of this person. A press asks anew, for a colleague may have filled it in;
 * what is still unknown is selected, to be written over. Until then nothing leaves.
 */
export function MissingValues({ row, names, field, text, onFilled }: MissingProps) {
  const { t } = useTranslation("quick");
  const replies = useReplies(row.id, false);
  if (names.length === 0) return null;
  const press = async (name: string) => {
    const { data } = await replies.refetch();
    const values = data?.values[row.contact.language === "en" ? "en" : "fr"] ?? {};
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value) {
      onFilled(text.split(`{${name}}`).join(fill(`{${name}}`, { [name]: value }).text));
      return;
    }
    const at = text.indexOf(`{${name}}`);
    field.current?.focus();
    field.current?.setSelectionRange(at, at + name.length + 2);
  };
  return (
    <ul className={styles.missing} aria-label={t("missingLabel")} data-testid="missing">
      {names.map((name) => (
        <li key={name}>
          <button type="button" className={styles.chip} title={t("missing", { name })} onClick={() => void press(name)}>
            {t("missingShort", { name })}
            <span className="visually-hidden">. {t("missing", { name })}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}
