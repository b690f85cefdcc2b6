import { BookmarkPlus, CalendarClock, Ellipsis, ListChecks, Smile, Zap } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useSession } from "@/api/session";
import type { Row } from "@/api/types";
import { Menu } from "@/ui/Menu";
import { OwnReplies, OwnReplyForm } from "./OwnReplies";
import { PlanDialog } from "./Scheduled";
import styles from "./Quick.module.css";

export type Asked = "save" | "mine" | "later";

interface ComposerMenuProps {
  /** There is something to keep, or to send. */
  written: boolean;
  answers: boolean;
  sendable: boolean;
  onAsk: (sign: "/" | ":") => void;
  onOpen: (asked: Asked) => void;
}

/** What else may be done with the text: everything that has a key has a place here, too. */
export function ComposerMenu({ written, answers, sendable, onAsk, onOpen }: ComposerMenuProps) {
  const { t } = useTranslation("quick");
  return (
    <Menu
      label={t("menu")}
      align="end"
      className={styles.more}
      testId="composer-menu"
      groups={[
        {
          items: [
            ...(answers ? [{ key: "open", label: t("open"), icon: <Zap size={15} />, run: () => onAsk("/") }] : []),
            { key: "emoji", label: t("emoji"), icon: <Smile size={15} />, run: () => onAsk(":") },
          ],
        },
        ...(answers
          ? [
              {
                items: [
                  ...(written ? [{ key: "save", label: t("save"), icon: <BookmarkPlus size={15} />, run: () => onOpen("save") }] : []),
                  { key: "mine", label: t("mine"), icon: <ListChecks size={15} />, run: () => onOpen("mine") },
                  ...(sendable ? [{ key: "later", label: t("later"), icon: <CalendarClock size={15} />, run: () => onOpen("later") }] : []),
                ],
              },
            ]
          : []),
      ]}
    >
      <Ellipsis size={17} aria-hidden="true" />
      <span className="visually-hidden">{t("menu")}</span>
    </Menu>
  );
}

interface DialogsProps {
  asked: Asked | null;
  row: Row;
  /** As it stands in the field. */
  text: string;
  /** As it would leave. */
  body: string;
  onClose: () => void;
  /** It was scheduled: it stands in the field no more. */
  onPlanned: () => void;
}

/** Beside the composer's form and never in it: what is sent off in a form within a form is sent off in both. */
export function ComposerDialogs({ asked, row, text, body, onClose, onPlanned }: DialogsProps) {
  const session = useSession();
  const language = (row.contact.language ?? session.organisation.languages[0]) === "en" ? "en" : "fr";
  switch (asked) {
    case "save":
      return <OwnReplyForm reply={null} words={{ [language]: text.trim() }} onClose={onClose} />;
    case "mine":
      return <OwnReplies onClose={onClose} />;
    case "later":
      return (
        <PlanDialog
          row={row}
          body={body}
          onClose={onClose}
          onDone={() => {
            onClose();
            onPlanned();
          }}
        />
      );
    default:
      return null;
  }
}
