import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, patch, post } from "@/api/fetch";
import type { Schedule, Schedules } from "@/api/types";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { toast } from "@/ui/toasts";
import { typeset } from "@/ui/typeset";
import { toDay, toSpans, type Day } from "./hours";
import { refusedDay, useHoursDeed } from "./hoursApi";
import { WeekGrid } from "./WeekGrid";
import styles from "./Admin.module.css";

const COUNTRIES = ["BF", "BJ", "FR"] as const;
const OFFICE: Day = [{ opens: "08:00", closes: "12:30", overnight: false }, { opens: "14:00", closes: "18:00", overnight: false }];

/** Hours, new (`schedule` null) or to be changed: name, public holidays, week. */
export function ScheduleForm({ schedule, onClose }: { schedule: Schedule | null; onClose: () => void }) {
  const { t } = useTranslation("admin");
  const [name, setName] = useState(schedule?.name ?? "");
  const [country, setCountry] = useState(schedule?.country ?? "");
  const [week, setWeek] = useState<Day[]>(() => schedule?.week.map(toDay) ?? [...Array.from({ length: 5 }, () => OFFICE), [], []]);
  // As it was opened: the list behind follows the others' changes.
  const [revision] = useState(schedule?.revision);
  const save = useHoursDeed<void>(() => {
    const given = { name, country, week: week.map(toSpans) };
    // What another has changed meanwhile is not written over.
    return schedule === null ? post<Schedules>("/api/admin/schedules", given) : patch<Schedules>(`/api/admin/schedules/${schedule.id}`, { ...given, revision });
  });
  const errors = save.error instanceof ApiError ? save.error.fields : {};
  const day = refusedDay(save.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate(undefined, {
      onSuccess: () => {
        toast(t("saved"));
        onClose();
      },
    });
  };
  const said = errors.name || (errors.week && day !== null) ? "" : (errors.week ?? errors.country ?? (save.error instanceof ApiError ? save.error.message || t("unreachable") : save.isError ? t("unreachable") : ""));
  return (
    <Dialog title={schedule === null ? t("hours.add") : t("hours.edit")} closeLabel={t("close")} look="side" onClose={onClose}>
      <form className={styles.form} onSubmit={submit} noValidate>
        <div className={styles.fields}>
          <div className={styles.field}>
            <label htmlFor="schedule-name">{t("hours.name")}</label>
            <input id="schedule-name" type="text" autoComplete="off" value={name} aria-invalid={errors.name ? true : undefined} aria-describedby={errors.name ? "schedule-name-error" : undefined} onChange={(event) => setName(event.target.value)} />
            {errors.name && <p id="schedule-name-error" className={styles.error}>{typeset(errors.name)}</p>}
          </div>
          <div className={styles.field}>
            <label htmlFor="schedule-country">{t("hours.country")}</label>
            <select id="schedule-country" value={country} onChange={(event) => setCountry(event.target.value)}>
              <option value="">{t("hours.noCountry")}</option>
              {COUNTRIES.map((one) => (
                <option key={one} value={one}>{t(`hours.countries.${one}`)}</option>
              ))}
            </select>
          </div>
          <WeekGrid week={week} refused={day} error={errors.week ? typeset(errors.week) : null} onChange={setWeek} />
        </div>
        <div className={styles.formFoot}>
          <p role="alert" className={styles.error}>{said ? t("failed", { reason: typeset(said) }) : ""}</p>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" look="primary" disabled={save.isPending}>{save.isPending ? t("saving") : t("save")}</Button>
        </div>
      </form>
    </Dialog>
  );
}
