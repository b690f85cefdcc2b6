import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { CloudOff, KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, get, post } from "@/api/fetch";
import { useSession } from "@/api/session";
import type { ApiToken } from "@/api/types";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { fullTime, number, shortDate } from "@/ui/format";
import { Empty, Skeleton } from "@/ui/States";
import { toast } from "@/ui/toasts";
import { typeset } from "@/ui/typeset";
import { adminKey } from "./api";
import { NewToken } from "./NewToken";
import { Table } from "./tables";
import styles from "./Admin.module.css";
import look from "./Applications.module.css";

/** Clients' applications that may send texts: their tokens, from which lines, how fast. */
export function ApplicationsSection() {
  const { t } = useTranslation("admin");
  const [adding, setAdding] = useState(false);
  const table = useQuery({
    queryKey: [...adminKey, "tokens"],
    queryFn: ({ signal }) => get<{ items: ApiToken[] }>("/api/admin/tokens", signal),
    retry: 1,
  });
  return (
    <>
      <header className={styles.head}>
        <div>
          <h1>{t("sections.applications")}</h1>
          <p>{t("applications.lead")}</p>
        </div>
        <Button look="primary" icon={<Plus size={16} aria-hidden="true" />} onClick={() => setAdding(true)} data-testid="add">
          {t("applications.add")}
        </Button>
      </header>
      {table.data ? (
        table.data.items.length === 0 ? (
          <Empty icon={<KeyRound size={24} />} title={t("applications.none")} text={t("applications.noneText")} />
        ) : (
          <Tokens items={table.data.items} />
        )
      ) : table.isError ? (
        <Empty icon={<CloudOff size={24} />} title={t("error")} text={t("errorText")}>
          <Button onClick={() => void table.refetch()}>{t("retry")}</Button>
        </Empty>
      ) : (
        <Skeleton rows={4} label={t("loading")} />
      )}
      {adding && <NewToken onClose={() => setAdding(false)} />}
    </>
  );
}

function Tokens({ items }: { items: ApiToken[] }) {
  const { t } = useTranslation("admin");
  const { lines } = useSession();
  const [asked, setAsked] = useState<ApiToken | null>(null);
  const addresses = (ids: string[]) => lines.filter(({ id }) => ids.includes(id)).map(({ address }) => address).join(", ");
  const heads = [t("applications.name"), t("sections.lines"), t("applications.perMinute"), t("applications.made"), t("applications.used"), ""];
  return (
    <>
      <Table heads={heads} empty={false} label={t("sections.applications")}>
        {items.map((one) => (
          <tr key={one.id} className={one.revoked_at ? styles.faint : ""} data-testid="token">
            <th scope="row">
              <span className={look.name}>{one.name}</span>
              <code className={look.hint}>…{one.hint}</code>
            </th>
            <td>{addresses(one.line_ids) || "–"}</td>
            <td className={styles.figure}>{number(one.per_minute)}</td>
            <td className={styles.when}>
              <span title={fullTime(one.made_at)}>{shortDate(one.made_at)}</span>
              {one.made_by && <small className={look.by}>{t("applications.madeBy", { name: one.made_by })}</small>}
            </td>
            <td className={styles.when}>{one.used_at ? fullTime(one.used_at) : t("applications.never")}</td>
            <td>
              {one.revoked_at ? (
                <span className={styles.chip} title={fullTime(one.revoked_at)}>{t("applications.revoked")}</span>
              ) : (
                <Button size="small" look="quiet" aria-label={t("applications.revokeOf", { name: one.name })} onClick={() => setAsked(one)} data-testid="revoke">
                  {t("applications.revoke")}
                </Button>
              )}
            </td>
          </tr>
        ))}
      </Table>
      {asked && <Revoke token={asked} onClose={() => setAsked(null)} />}
    </>
  );
}

function Revoke({ token, onClose }: { token: ApiToken; onClose: () => void }) {
  const { t } = useTranslation("admin");
  const client = useQueryClient();
  const revoke = useMutation({
    mutationFn: () => post<ApiToken>(`/api/admin/tokens/${token.id}/revoke`),
    onSuccess: () => {
      toast(t("applications.done", { name: token.name }));
      onClose();
    },
    onSettled: () => client.invalidateQueries({ queryKey: [...adminKey, "tokens"] }),
  });
  const failure = revoke.error;
  return (
    <Dialog title={t("applications.revokeOf", { name: token.name })} closeLabel={t("close")} onClose={onClose}>
      <p className={look.sure}>{typeset(t("applications.sure", { name: token.name }))}</p>
      <div className={styles.formFoot}>
        <p role="alert" className={styles.error}>
          {failure ? (failure instanceof ApiError && failure.message ? typeset(failure.message) : t("failed", { reason: t("unreachable") })) : ""}
        </p>
        <Button onClick={onClose}>{t("cancel")}</Button>
        <Button look="danger" disabled={revoke.isPending} onClick={() => revoke.mutate()} data-testid="revoke-sure">
          {t("applications.revoke")}
        </Button>
      </div>
    </Dialog>
  );
}
