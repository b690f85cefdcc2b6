import { MessagesSquare } from "lucide-react";
import { useTranslation } from "react-i18next";
import { isObserver, useSession } from "@/api/session";
import type { Consult } from "@/api/routing";
import type { Row } from "@/api/types";
import { Button } from "@/ui/Button";
import { address } from "@/ui/format";
import { toast } from "@/ui/toasts";
import { Bar } from "./Bars";
import { because } from "./because";
import styles from "./Consult.module.css";
import { useConsult, useConsults, useTransfer } from "./transferApi";

/** Above the composer of a conversation about which a colleague is asked: how it ends. */
export function ConsultBar({ row, onRow }: { row: Row; onRow: (row: Row) => void }) {
  const session = useSession();
  const one = useConsults(!isObserver(session)).find(({ conversation }) => conversation.id === row.id);
  if (!one || one.asker_id !== row.owner_id || row.status === "closed") return null;
  return <Between one={one} row={row} onRow={onRow} />;
}

function Between({ one, row, onRow }: { one: Consult; row: Row; onRow: (row: Row) => void }) {
  const { t } = useTranslation("conversation");
  const asks = one.asker_id === useSession().user.id;
  const end = useConsult(row.id);
  const transfer = useTransfer(row.id, onRow);
  const failed = (failure: Error) => toast(t("consult.failed", { reason: because(failure, t("transfer.unreachable")) }), { bad: true });
  const title = asks ? t("consult.youAsk", { name: one.colleague }) : t("consult.asksHere", { name: one.asker, question: one.question });
  return (
    <div data-testid="consult-bar">
      <Bar look="bot" icon={<MessagesSquare size={17} />} title={title} text={t(asks ? "consult.youAskHint" : "consult.asksHereHint")}>
        {asks && (
          <Button size="small" disabled={transfer.isPending} onClick={() => transfer.mutate({ agent_id: one.colleague_id, note: "" }, { onError: failed })} data-testid="consult-hand">
            {t("consult.handOver")}
          </Button>
        )}
        <Button size="small" disabled={end.isPending} onClick={() => end.mutate(null, { onError: failed })} data-testid="consult-end">
          {t(asks ? "consult.end" : "consult.done")}
        </Button>
      </Bar>
    </div>
  );
}

/** Below the top bar of every screen: who asks this person about what. */
export function ConsultStrip({ shown, onOpen }: { shown: string | null; onOpen: (id: string) => void }) {
  const { t } = useTranslation("conversation");
  const me = useSession().user.id;
  const asked = useConsults(true).filter((one) => one.colleague_id === me && one.conversation.id !== shown);
  if (asked.length === 0) return null;
  return (
    <section className={styles.strip} aria-label={t("consult.region")} data-testid="consults">
      {asked.map((one) => (
        <div key={one.id} className={styles.one} role="status">
          <MessagesSquare size={17} aria-hidden="true" />
          <p dir="auto">
            <strong>{t("consult.asks", { name: one.asker, who: one.conversation.contact.name ?? address(one.conversation.contact.address) })}</strong> {one.question}
          </p>
          <Button size="small" look="primary" onClick={() => onOpen(one.conversation.id)} data-testid="consult-open">
            {t("consult.open")}
          </Button>
        </div>
      ))}
    </section>
  );
}
