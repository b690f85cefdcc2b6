import { useMutation, useQueryClient } from "@tanstack/react-query";
import { UsersRound } from "lucide-react";
import { useId, useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { post } from "@/api/fetch";
import { findAgent, useSession } from "@/api/session";
import type { Row } from "@/api/types";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { address } from "@/ui/format";
import { listsKey, useList } from "./api";
import type { ListFilter } from "./listState";
import styles from "./Reassign.module.css";

interface Result {
  items: { id: string; code: string }[];
}

const MOST = 200;
const WHY = ["no_conversation", "closed", "with_bot", "agent_blind", "agent_away", "agent_full"] as const;
const who = ({ contact }: Row): string => contact.name ?? address(contact.address);

/** Above the list, for who oversees: several conversations to an agent or a queue. */
export function ReassignButton({ filter }: { filter: ListFilter }) {
  const { t } = useTranslation("conversationList");
  const { role } = useSession().user;
  const [open, setOpen] = useState(false);
  if (role !== "supervisor" && role !== "administrator") return null;
  return (
    <>
      <Button look="quiet" square aria-label={t("reassign.open")} icon={<UsersRound size={17} />} onClick={() => setOpen(true)} data-testid="reassign" />
      {open && <ReassignDialog filter={filter} onClose={() => setOpen(false)} />}
    </>
  );
}

function ReassignDialog({ filter, onClose }: { filter: ListFilter; onClose: () => void }) {
  const { t } = useTranslation("conversationList");
  const client = useQueryClient();
  const session = useSession();
  const { data } = useList(filter, true);
  const rows = (data?.order ?? []).map((id) => data!.rows[id]!).filter(({ status }) => status === "queued" || status === "open" || status === "snoozed").slice(0, MOST);
  const [of, setOf] = useState("");
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const [to, setTo] = useState("");
  const [missing, setMissing] = useState(false);
  const id = useId();
  const give = useMutation({
    mutationFn: (body: Record<string, unknown>) => post<Result>("/api/conversations/reassign", body),
    onSuccess: () => void client.invalidateQueries({ queryKey: listsKey }),
  });
  const chosen = rows.filter((row) => picked.has(row.id));
  const pick = (ids: string[], on: boolean) =>
    setPicked((now) => {
      const next = new Set(now);
      for (const one of ids) if (on) next.add(one); else next.delete(one);
      return next;
    });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (give.isPending) return;
    setMissing(to === "" || (of === "" && chosen.length === 0));
    if (to === "" || (of === "" && chosen.length === 0)) return;
    const [kind, key] = to.split(" ");
    give.mutate({ ...(of === "" ? { conversation_ids: chosen.map((row) => row.id) } : { of_agent_id: of }), [kind === "agent" ? "agent_id" : "queue_id"]: key });
  };
  if (give.data) return <Done result={give.data} rows={rows} onClose={onClose} />;
  return (
    <Dialog title={t("reassign.title")} closeLabel={t("reassign.close")} onClose={onClose}>
      <form className={styles.form} onSubmit={submit} noValidate data-testid="reassign-dialog">
        <label htmlFor={`${id}-of`}>{t("reassign.of")}</label>
        <select id={`${id}-of`} value={of} onChange={(event) => setOf(event.target.value)} data-testid="reassign-of">
          <option value="">{t("reassign.shown")}</option>
          {session.agents.map((one) => (
            <option key={one.id} value={one.id}>{t("reassign.allOf", { name: one.name })}</option>
          ))}
        </select>
        {of === "" && (
          <fieldset className={styles.rows}>
            <legend className="visually-hidden">{t("reassign.shown")}</legend>
            {rows.length === 0 && <p className={styles.hint}>{t("reassign.none")}</p>}
            {rows.length > 0 && (
              <label className={styles.row}>
                <input type="checkbox" checked={chosen.length === rows.length} onChange={(event) => pick(rows.map((row) => row.id), event.target.checked)} data-testid="reassign-all" />
                <strong>{t("reassign.all", { count: rows.length })}</strong>
              </label>
            )}
            {rows.map((row) => (
              <label key={row.id} className={styles.row}>
                <input type="checkbox" checked={picked.has(row.id)} onChange={(event) => pick([row.id], event.target.checked)} data-testid="reassign-row" />
                <span>{who(row)}</span>
                <span className={styles.said}>{row.owner_id ? t("reassign.holder", { name: findAgent(session, row.owner_id)?.name ?? "" }) : t(`status.${row.status}`)}</span>
              </label>
            ))}
          </fieldset>
        )}
        <label htmlFor={`${id}-to`}>{t("reassign.to")}</label>
        <select id={`${id}-to`} value={to} onChange={(event) => setTo(event.target.value)} data-testid="reassign-to">
          <option value="">{t("reassign.choose")}</option>
          <optgroup label={t("reassign.queues")}>
            {session.queues.map((one) => (
              <option key={one.id} value={`queue ${one.id}`}>{one.name}</option>
            ))}
          </optgroup>
          <optgroup label={t("reassign.agents")}>
            {session.agents.filter((one) => one.id !== of).map((one) => (
              <option key={one.id} value={`agent ${one.id}`}>{t("reassign.agent", { name: one.name, load: one.load, capacity: one.capacity })}</option>
            ))}
          </optgroup>
        </select>
        <div className={styles.foot}>
          <p role="alert" className={styles.error}>{missing ? t("reassign.missing") : give.isError ? t("reassign.failed") : ""}</p>
          <Button onClick={onClose}>{t("reassign.close")}</Button>
          <Button type="submit" look="primary" disabled={give.isPending} data-testid="reassign-go">
            {of === "" ? t("reassign.go", { count: chosen.length }) : t("reassign.goAll")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** What became of each: those that stay, with the reason. */
function Done({ result, rows, onClose }: { result: Result; rows: Row[]; onClose: () => void }) {
  const { t } = useTranslation("conversationList");
  const kept = result.items.filter(({ code }) => code !== "");
  const names = new Map(rows.map((row) => [row.id, who(row)]));
  return (
    <Dialog title={t("reassign.title")} closeLabel={t("reassign.close")} onClose={onClose}>
      <div className={styles.form} role="status" data-testid="reassign-done">
        <p>{result.items.length === 0 ? t("reassign.nothing") : t("reassign.done", { count: result.items.length - kept.length })}</p>
        {kept.length > 0 && (
          <>
            <p>{t("reassign.kept", { count: kept.length })}</p>
            <ul className={styles.rows}>
              {kept.map(({ id, code }) => (
                <li key={id} className={styles.row}>
                  <span>{names.get(id) ?? ""}</span>
                  <span className={styles.said}>{t(`reassign.why.${WHY.find((one) => one === code) ?? "other"}`)}</span>
                </li>
              ))}
            </ul>
          </>
        )}
        <div className={styles.foot}>
          <Button look="primary" onClick={onClose} data-autofocus>{t("reassign.close")}</Button>
        </div>
      </div>
    </Dialog>
  );
}
