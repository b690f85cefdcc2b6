import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, post } from "@/api/fetch";
import type { PeopleTaken } from "@/api/types";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { typeset } from "@/ui/typeset";
import { adminKey } from "./api";
import styles from "./Admin.module.css";
import look from "./Account.module.css";

/** People from a file: looked at first, row by row, then taken; each gets a link, which is told this once. */
export function PeopleFile({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("accounts");
  const { t: tAdmin } = useTranslation("admin");
  const client = useQueryClient();
  const [csv, setCsv] = useState("");
  const send = useMutation({
    mutationFn: (is_trial: boolean) => post<PeopleTaken>("/api/admin/users/import", { csv, is_trial }),
    onSuccess: (_answer, isTrial) => (isTrial ? undefined : client.invalidateQueries({ queryKey: adminKey })),
  });
  const taken = send.data && send.variables === false;
  const failure = send.error;
  const save = () => {
    const lines = (send.data?.rows ?? []).filter(({ url }) => url).map(({ name, email, url }) => [name, email, url!].map(quoted).join(";"));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([`\ufeff${lines.join("\r\n")}\r\n`], { type: "text/csv" }));
    link.download = t("file.fileName");
    link.click();
    URL.revokeObjectURL(link.href);
  };
  const change = (text: string) => {
    setCsv(text);
    send.reset();
  };
  return (
    <Dialog title={t("users.file")} closeLabel={tAdmin("close")} look="side" onlyByButton={Boolean(taken)} onClose={onClose}>
      <div className={styles.form}>
        <div className={styles.fields}>
          <p className={styles.hint}>{t("file.lead")}</p>
          {!taken && (
            <>
              <div className={styles.field}>
                <label htmlFor="people-choose">{t("file.choose")}</label>
                <input id="people-choose" type="file" accept=".csv,text/csv" onChange={(event) => void event.target.files?.[0]?.text().then(change)} />
              </div>
              <div className={styles.field}>
                <label htmlFor="people-csv">{t("file.paste")}</label>
                <textarea id="people-csv" rows={6} spellCheck={false} value={csv} onChange={(event) => change(event.target.value)} />
              </div>
            </>
          )}
          {send.data && (
            <div role="status">
              {!taken && <p>{t("file.rows", { count: send.data.taken })}</p>}
              <div className={look.result} role="region" aria-label={t("file.said")} tabIndex={0}>
                <table>
                  <thead>
                    <tr>
                      <th scope="col">{t("file.line")}</th>
                      <th scope="col">{tAdmin("field.name")}</th>
                      <th scope="col">{t("file.said")}</th>
                    </tr>
                  </thead>
                  <tbody>
                    {send.data.rows.map((row) => (
                      <tr key={row.line} data-testid="people-row">
                        <td>{row.line}</td>
                        <td>{row.name || row.email}</td>
                        <td className={row.code ? look.bad : undefined}>{row.code ? typeset(row.message ?? row.code) : taken ? t("file.made") : t("file.ok")}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            </div>
          )}
        </div>
        <div className={styles.formFoot}>
          <p role="alert" className={styles.error}>
            {failure ? typeset(failure instanceof ApiError ? (Object.values(failure.fields)[0] ?? failure.message) : tAdmin("unreachable")) : ""}
          </p>
          {taken ? (
            <>
              <Button onClick={save}>{t("file.links")}</Button>
              <Button look="primary" onClick={onClose}>
                {t("file.done")}
              </Button>
            </>
          ) : (
            <>
              <Button data-testid="people-trial" disabled={send.isPending || csv.trim() === ""} onClick={() => send.mutate(true)}>
                {t("file.trial")}
              </Button>
              <Button look="primary" data-testid="people-take" disabled={send.isPending || !send.data || send.data.taken === 0} onClick={() => send.mutate(false)}>
                {t("file.take", { count: send.data?.taken ?? 0 })}
              </Button>
            </>
          )}
        </div>
      </div>
    </Dialog>
  );
}

/** A cell that no spreadsheet takes for a formula. */
const quoted = (text: string) => `"${(/^[=+\-@\t]/.test(text) ? `'${text}` : text).replace(/"/g, '""')}"`;
