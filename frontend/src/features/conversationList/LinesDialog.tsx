import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "@/api/session";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { chooseLines, viewsStale } from "./viewsApi";
import styles from "./Filters.module.css";

/** Which of the lines that are open to the agent stand on his desk. Kept on the server: the same in another browser. */
export function LinesDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("conversationList");
  const client = useQueryClient();
  const { lines, desk } = useSession();
  const [all, setAll] = useState(desk.line_ids === null);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set(desk.line_ids ?? lines.map((line) => line.id)));
  const [wrong, setWrong] = useState<"" | "deskNone" | "failedSave">("");
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (busy) return;
    if (!all && chosen.size === 0) return setWrong("deskNone");
    setBusy(true);
    try {
      await chooseLines(client, all ? null : [...chosen]);
      viewsStale(client);
      onClose();
    } catch {
      setWrong("failedSave");
      setBusy(false);
    }
  };
  return (
    <Dialog title={t("filters.deskTitle")} closeLabel={t("filters.close")} onClose={onClose}>
      <form className={styles.form} onSubmit={(event) => void submit(event)} noValidate data-testid="desk-lines-dialog">
        <p className={styles.hint}>{t("filters.deskText")}</p>
        <label className={styles.check}>
          <input type="checkbox" checked={all} onChange={(event) => setAll(event.target.checked)} data-testid="desk-lines-all" />
          <span>{t("filters.deskAll")}</span>
        </label>
        <fieldset disabled={all}>
          <legend className="visually-hidden">{t("filters.deskTitle")}</legend>
          {lines.map((line) => (
            <label key={line.id} className={styles.check}>
              <input
                type="checkbox"
                checked={all || chosen.has(line.id)}
                data-testid={`desk-line-${line.address}`}
                onChange={(event) => {
                  const next = new Set(chosen);
                  if (event.target.checked) next.add(line.id);
                  else next.delete(line.id);
                  setChosen(next);
                }}
              />
              <span>{line.address} · {line.name}</span>
            </label>
          ))}
        </fieldset>
        <div className={styles.foot}>
          <p role="alert" className={styles.wrong}>{wrong && t(`filters.${wrong}`)}</p>
          <Button onClick={onClose}>{t("filters.close")}</Button>
          <Button type="submit" look="primary" disabled={busy} data-testid="desk-lines-save">{t("filters.deskSave")}</Button>
        </div>
      </form>
    </Dialog>
  );
}
