import { BookmarkPlus, CalendarClock, Ellipsis, ListChecks, Smile, Zap } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "@/api/session";
import type { Row } from "@/api/types";
import { Menu } from "@/ui/Menu";
import { OwnReplies, OwnReplyForm } from "./OwnReplies";
import { PlanDialog } from "./Scheduled";
import styles from "./Quick.module.css";

interface ComposerMenuProps {
  row: Row;
  /** As it stands in the field. */
  text: string;
  /** As it would leave. */
  body: string;
  answers: boolean;
  sendable: boolean;
  onAsk: (sign: "/" | ":") => void;
  /** It was scheduled: it stands in the field no more. */
  onPlanned: () => void;
}

/** What else may be done with the text: everything that has a key has a place here, too. */
export function ComposerMenu({ row, text, body, answers, sendable, onAsk, onPlanned }: ComposerMenuProps) {
  const { t } = useTranslation("quick");
  const session = useSession();
  const [open, setOpen] = useState<"save" | "mine" | "later" | null>(null);
  const close = () => setOpen(null);
  const language = (row.contact.language ?? session.organisation.languages[0]) === "en" ? "en" : "fr";
  return (
    <>
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
                    ...(text.trim() !== "" ? [{ key: "save", label: t("save"), icon: <BookmarkPlus size={15} />, run: () => setOpen("save") }] : []),
                    { key: "mine", label: t("mine"), icon: <ListChecks size={15} />, run: () => setOpen("mine") },
                    ...(sendable ? [{ key: "later", label: t("later"), icon: <CalendarClock size={15} />, run: () => setOpen("later") }] : []),
                  ],
                },
              ]
            : []),
        ]}
      >
        <Ellipsis size={17} aria-hidden="true" />
        <span className="visually-hidden">{t("menu")}</span>
      </Menu>
      {open === "save" && <OwnReplyForm reply={null} words={{ [language]: text.trim() }} onClose={close} />}
      {open === "mine" && <OwnReplies onClose={close} />}
      {open === "later" && (
        <PlanDialog
          row={row}
          body={body}
          onClose={close}
          onDone={() => {
            close();
            onPlanned();
          }}
        />
      )}
    </>
  );
}
