import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ArrowDown, ArrowUp, Eye, EyeOff, Plus } from "lucide-react";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, patch, post } from "@/api/fetch";
import type { AdminQueue, Disposition } from "@/api/routing";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Skeleton } from "@/ui/States";
import { typeset } from "@/ui/typeset";
import { adminKey, useTable } from "./api";
import styles from "./Admin.module.css";
import look from "./Routing.module.css";

type Change = { id: string | null; values: Partial<Disposition> };

/** What may be said of a conversation of this queue when it ends: add, rename, put in order, take out of use. */
export function Dispositions({ queue, onClose }: { queue: AdminQueue; onClose: () => void }) {
  const { t } = useTranslation("admin");
  const client = useQueryClient();
  const table = useTable("dispositions");
  const [name, setName] = useState("");
  const save = useMutation({
    // One after the other: two rows change their places together.
    mutationFn: async (changes: Change[]) => {
      for (const { id, values } of changes) await (id === null ? post("/api/admin/dispositions", values) : patch(`/api/admin/dispositions/${id}`, values));
    },
    onSettled: () => client.invalidateQueries({ queryKey: adminKey }),
  });
  const items = (table.data?.items ?? []).filter(({ queue_id }) => queue_id === queue.id).sort((a, b) => a.position - b.position || a.name.localeCompare(b.name));
  const add = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() === "" || save.isPending) return;
    const last = items.at(-1)?.position ?? -1;
    save.mutate([{ id: null, values: { queue_id: queue.id, name: name.trim(), position: last + 1, is_enabled: true } }], { onSuccess: () => setName("") });
  };
  const move = (index: number, by: 1 | -1) => {
    const order = [...items];
    [order[index], order[index + by]] = [order[index + by]!, order[index]!];
    // Places may be equal or have holes: all are numbered anew, and only those that changed are sent.
    save.mutate(order.flatMap((one, position) => (one.position === position ? [] : [{ id: one.id, values: { position } }])));
  };
  const failure = save.error;
  return (
    <Dialog title={t("queues.dispositionsOf", { name: queue.name })} closeLabel={t("close")} look="side" onClose={onClose}>
      <div className={look.list} data-testid="disposition-list">
        <p>{t("queues.dispositionsLead")}</p>
        {table.isPending ? (
          <Skeleton rows={3} look="lines" label={t("loading")} />
        ) : (
          <>
            {items.length === 0 && <p className={styles.none}>{table.isError ? t("error") : t("queues.dispositionNone")}</p>}
            <ol>
              {items.map((one, index) => (
                <li key={one.id} className={look.one} data-off={!one.is_enabled}>
                  <Name key={one.name} one={one} onName={(to, refused) => save.mutate([{ id: one.id, values: { name: to } }], { onError: refused })} />
                  {!one.is_enabled && <span className="visually-hidden">{t("queues.unused")}</span>}
                  <Button look="quiet" square size="small" aria-label={t("queues.up", { name: one.name })} icon={<ArrowUp size={15} />} disabled={index === 0 || save.isPending} onClick={() => move(index, -1)} />
                  <Button look="quiet" square size="small" aria-label={t("queues.down", { name: one.name })} icon={<ArrowDown size={15} />} disabled={index === items.length - 1 || save.isPending} onClick={() => move(index, 1)} />
                  <Button
                    look="quiet"
                    square
                    size="small"
                    aria-label={t(one.is_enabled ? "queues.switchOff" : "queues.switchOn", { name: one.name })}
                    icon={one.is_enabled ? <Eye size={15} /> : <EyeOff size={15} />}
                    disabled={save.isPending}
                    onClick={() => save.mutate([{ id: one.id, values: { is_enabled: !one.is_enabled } }])}
                  />
                </li>
              ))}
            </ol>
          </>
        )}
        <form className={look.new} onSubmit={add}>
          <input aria-label={t("queues.dispositionNew")} placeholder={t("queues.dispositionNew")} value={name} maxLength={80} onChange={(event) => setName(event.target.value)} data-testid="disposition-name" data-autofocus="" />
          <Button type="submit" look="primary" icon={<Plus size={16} aria-hidden="true" />} disabled={save.isPending || name.trim() === ""} data-testid="disposition-add">
            {t("queues.dispositionAdd")}
          </Button>
        </form>
        <p role="alert" className={styles.error}>
          {failure ? t("failed", { reason: failure instanceof ApiError && failure.status !== 0 ? typeset(Object.values(failure.fields)[0] ?? failure.message) : t("unreachable") }) : ""}
        </p>
      </div>
    </Dialog>
  );
}

/** Renamed when the field is left, or by Enter. */
function Name({ one, onName }: { one: Disposition; onName: (name: string, refused: () => void) => void }) {
  const { t } = useTranslation("admin");
  const [name, setName] = useState(one.name);
  const keep = () => {
    const to = name.trim();
    if (to === "") setName(one.name);
    // A name that is refused would stand here as though it were kept, and leave again at each look.
    else if (to !== one.name) onName(to, () => setName(one.name));
  };
  return (
    <input
      aria-label={t("queues.rename", { name: one.name })}
      value={name}
      maxLength={80}
      onChange={(event) => setName(event.target.value)}
      onBlur={keep}
      onKeyDown={(event) => {
        if (event.key === "Enter") event.currentTarget.blur();
        if (event.key !== "Escape" || name === one.name) return;
        // What was begun is given up; a second Escape closes the dialog.
        event.preventDefault();
        event.stopPropagation();
        setName(one.name);
      }}
    />
  );
}
