import { Ban } from "lucide-react";
import { useId, useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { fullTime } from "@/ui/format";
import { serverNow } from "@/realtime/clock";
import { usePersonDeed, type Person } from "./api";
import { Wrong } from "./Said";
import styles from "./Person.module.css";

const DAY_MS = 86_400_000;
const UNTIL = { forEver: 0, day: DAY_MS, week: 7 * DAY_MS, month: 30 * DAY_MS } as const;
type Until = keyof typeof UNTIL;

interface Props {
  person: Person;
  conversationId: string;
}

/** That nobody answers this person by himself any more: said at the top of the panel, to everybody. */
export function Blocked({ person, conversationId }: Props) {
  const { t } = useTranslation("person");
  const deed = usePersonDeed(person.id, conversationId);
  if (person.block === null) return null;
  return (
    <div className={styles.blocked} data-testid="blocked">
      <p>
        <Ban size={15} aria-hidden="true" />
        <span>
          {t("block.is", { by: person.block.by, when: fullTime(person.block.at), reason: person.block.reason })}
          {person.block.until !== null && ` ${t("block.ends", { when: fullTime(person.block.until) })}`}
        </span>
      </p>
      {person.may_block && (
        <Button size="small" disabled={deed.isPending} data-testid="unblock" onClick={() => deed.mutate({ do: "unblock" })}>
          {t("block.undo")}
        </Button>
      )}
      <Wrong failure={deed.error} />
    </div>
  );
}

export function BlockButton({ person, conversationId }: Props) {
  const { t } = useTranslation("person");
  const [asking, setAsking] = useState(false);
  if (!person.may_block || person.block !== null) return null;
  return (
    <>
      <Button look="quiet" size="small" icon={<Ban size={15} />} data-testid="block" onClick={() => setAsking(true)}>
        {t("block.open")}
      </Button>
      {asking && <BlockDialog person={person} conversationId={conversationId} onClose={() => setAsking(false)} />}
    </>
  );
}

function BlockDialog({ person, conversationId, onClose }: Props & { onClose: () => void }) {
  const { t } = useTranslation("person");
  const deed = usePersonDeed(person.id, conversationId);
  const [reason, setReason] = useState("");
  const [until, setUntil] = useState<Until>("forEver");
  const id = useId();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (reason.trim() === "" || deed.isPending) return;
    const end = UNTIL[until] === 0 ? null : new Date(serverNow() + UNTIL[until]).toISOString();
    deed.mutate({ do: "block", reason, until: end }, { onSuccess: onClose });
  };
  return (
    <Dialog title={t("block.title")} closeLabel={t("cancel")} onClose={onClose}>
      <form className={styles.dialog} onSubmit={submit}>
        <p>{t("block.lead")}</p>
        <label htmlFor={`${id}-why`}>{t("block.reason")}</label>
        <input id={`${id}-why`} className={styles.control} maxLength={300} value={reason} data-testid="block-reason" onChange={(event) => setReason(event.target.value)} />
        <label htmlFor={`${id}-until`}>{t("block.until")}</label>
        <select id={`${id}-until`} className={styles.control} value={until} onChange={(event) => setUntil(event.target.value as Until)}>
          {(Object.keys(UNTIL) as Until[]).map((one) => (
            <option key={one} value={one}>
              {t(`block.${one}`)}
            </option>
          ))}
        </select>
        <Wrong failure={deed.error} />
        <div className={styles.row}>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" look="danger" disabled={reason.trim() === "" || deed.isPending} data-testid="block-save">
            {t("block.do")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
