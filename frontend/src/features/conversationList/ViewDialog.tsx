import { useId, useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "@/api/session";
import type { SavedView, Sharing } from "@/api/types";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import type { ListFilter } from "./listState";
import { COLUMNS, givenOf } from "./viewGiven";
import { useViewDeeds } from "./viewsApi";
import styles from "./Filters.module.css";

const SHARINGS = ["personal", "team", "everybody"] as const;

interface ViewDialogProps {
  /** null: what `filter` shows becomes a new one. */
  view: SavedView | null;
  filter: ListFilter;
  onClose: () => void;
  onSaved: () => void;
}

/** The name of a view, for whom it is, and what its rows show. */
export function ViewDialog({ view, filter, onClose, onSaved }: ViewDialogProps) {
  const { t } = useTranslation("conversationList");
  const { user, teams } = useSession();
  const deeds = useViewDeeds();
  const id = useId();
  const [name, setName] = useState(view?.name ?? "");
  const [sharing, setSharing] = useState<Sharing>((view?.sharing as Sharing | undefined) ?? "personal");
  const [team, setTeam] = useState(view?.team_id ?? "");
  const [columns, setColumns] = useState<readonly string[]>(view?.columns ?? COLUMNS);
  const [wrong, setWrong] = useState<"" | "views.needsName" | "views.needsTeam" | "filters.failedSave">("");
  const [busy, setBusy] = useState(false);
  const mayShare = user.role === "supervisor" || user.role === "administrator";
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (busy) return;
    if (name.trim() === "") return setWrong("views.needsName");
    if (sharing === "team" && team === "") return setWrong("views.needsTeam");
    setBusy(true);
    const given = givenOf({ name: name.trim(), sharing, team_id: sharing === "team" ? team : null, columns: [...columns], filter: view?.filter ?? {} }, view === null ? filter : null);
    try {
      await deeds.save(given, view?.id ?? null);
      onSaved();
    } catch {
      setWrong("filters.failedSave");
      setBusy(false);
    }
  };
  return (
    <Dialog title={t(view === null ? "views.saveTitle" : "views.editTitle")} closeLabel={t("views.cancel")} onClose={onClose}>
      <form className={styles.form} onSubmit={(event) => void submit(event)} noValidate data-testid="view-dialog">
        <label htmlFor={`${id}-name`}>{t("views.name")}</label>
        <input id={`${id}-name`} type="text" maxLength={60} autoComplete="off" value={name} onChange={(event) => setName(event.target.value)} data-testid="view-name" />
        {mayShare && (
          <>
            <label htmlFor={`${id}-sharing`}>{t("views.sharing")}</label>
            <select id={`${id}-sharing`} value={sharing} onChange={(event) => setSharing(event.target.value as Sharing)} data-testid="view-sharing">
              {SHARINGS.filter((one) => one !== "team" || teams.length > 0).map((one) => <option key={one} value={one}>{t(`views.${one}`)}</option>)}
            </select>
            {sharing === "team" && (
              <>
                <label htmlFor={`${id}-team`}>{t("views.whichTeam")}</label>
                <select id={`${id}-team`} value={team} onChange={(event) => setTeam(event.target.value)} data-testid="view-team">
                  <option value="" />
                  {teams.map((one) => <option key={one.id} value={one.id}>{one.name}</option>)}
                </select>
              </>
            )}
            {sharing !== "personal" && <p className={styles.hint}>{t("views.sharedText")}</p>}
          </>
        )}
        <fieldset>
          <legend>{t("views.columns")}</legend>
          {COLUMNS.map((column) => (
            <label key={column} className={styles.check}>
              <input
                type="checkbox"
                checked={columns.includes(column)}
                onChange={(event) => setColumns(event.target.checked ? [...columns, column] : columns.filter((one) => one !== column))}
              />
              <span>{t(`views.column.${column}`)}</span>
            </label>
          ))}
        </fieldset>
        <div className={styles.foot}>
          <p role="alert" className={styles.wrong}>{wrong && t(wrong)}</p>
          <Button onClick={onClose}>{t("views.cancel")}</Button>
          <Button type="submit" look="primary" disabled={busy} data-testid="view-submit">{t("views.submit")}</Button>
        </div>
      </form>
    </Dialog>
  );
}
