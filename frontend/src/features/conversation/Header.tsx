import { ArrowLeft, CircleCheck, CornerUpLeft, PanelRight } from "lucide-react";
import { useTranslation } from "react-i18next";
import { findAgent, findLine, useSession } from "@/api/session";
import type { Row } from "@/api/types";
import { Button } from "@/ui/Button";
import { address } from "@/ui/format";
import { Menu } from "@/ui/Menu";
import type { Deed } from "./api";
import { CallbackButton } from "./Callback";
import { DeadlineTimer } from "./DeadlineTimer";
import { mayEnd } from "./mayEnd";
import { SnoozeMenu } from "./Snooze";
import { TransferButton } from "./Transfer";
import styles from "./Conversation.module.css";

interface HeaderProps {
  row: Row;
  busy: boolean;
  panelOpen: boolean;
  onDeed: (deed: Deed) => void;
  onClose: () => void;
  /** The customer may be sent a text. */
  mayText: boolean;
  /** The newest message on the screen. */
  seen: number;
  onSnooze: (until: string | null, seen: number, text?: string, done?: () => void) => void;
  onBack: () => void;
  onPanel: () => void;
  onRow: (row: Row) => void;
}

export function Header({ row, busy, panelOpen, mayText, seen, onDeed, onClose, onSnooze, onBack, onPanel, onRow }: HeaderProps) {
  const { t } = useTranslation("conversation");
  const session = useSession();
  const line = findLine(session, row.line_id);
  const owner = findAgent(session, row.owner_id);
  const mine = row.owner_id === session.user.id && row.status === "open";
  const shown = row.contact.name ?? address(row.contact.address);
  const state =
    row.status === "open" && owner ? (mine ? t("withYou") : t("withOwner", { name: owner.name })) : t(`status.${row.status}`);

  return (
    <header className={styles.header}>
      <Button look="quiet" square className={styles.back} aria-label={t("back")} icon={<ArrowLeft size={19} />} onClick={onBack} />
      <div className={styles.who}>
        <h2 title={shown}>{shown}</h2>
        <p>
          {line && <span className={styles.onLine}>{t("line", { address: line.address })}</span>}
          <span className={`${styles.status} ${styles[row.status]}`}>{state}</span>
          {row.deadline && <DeadlineTimer deadline={row.deadline} />}
        </p>
      </div>
      {mayEnd(row, session) && (
        <>
          {row.owner_id === session.user.id && <SnoozeMenu row={row} busy={busy} mayText={mayText} seen={seen} onSnooze={onSnooze} />}
          <Menu
            label={t("action.return")}
            align="end"
            className={styles.action}
            groups={[
              {
                items: [
                  { key: "queue", label: t("action.returnQueue"), run: () => onDeed({ do: "return", to: "queue" }) },
                  ...(line?.has_bot ? [{ key: "bot", label: t("action.returnBot"), run: () => onDeed({ do: "return", to: "bot" }) }] : []),
                ],
              },
            ]}
            testId="return"
          >
            <CornerUpLeft size={15} aria-hidden="true" />
            <span>{t("action.return")}</span>
          </Menu>
          <Button
            className={styles.close}
            data-testid="close"
            disabled={busy}
            title={t("action.close")}
            icon={<CircleCheck size={15} aria-hidden="true" />}
            hint="E"
            onClick={onClose}
          >
            {t("action.close")}
          </Button>
        </>
      )}
      <TransferButton row={row} onRow={onRow} />
      <CallbackButton row={row} />
      <Button
        look="quiet"
        square
        aria-label={t("person")}
        aria-pressed={panelOpen}
        className={panelOpen ? styles.pressed : ""}
        icon={<PanelRight size={18} />}
        onClick={onPanel}
      />
    </header>
  );
}
