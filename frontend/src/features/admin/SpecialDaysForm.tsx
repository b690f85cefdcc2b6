import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, post, put } from "@/api/fetch";
import type { Schedule, Schedules } from "@/api/types";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { toast } from "@/ui/toasts";
import { typeset } from "@/ui/typeset";
import { toDay, toSpans, type Day } from "./hours";
import { tooLongFor, useHoursDeed } from "./hoursApi";
import { DayRow } from "./WeekGrid";
import styles from "./Admin.module.css";

const NOTHING = { first: "", last: "", reason: "", says_fr: "", says_en: "" };
const TEXTS = [["first", "date"], ["last", "date"], ["reason", "text"]] as const;
const SAID = [["says_fr", "saysFr", "fr"], ["says_en", "saysEn", "en"]] as const;

const USUAL: Day = [{ opens: "08:00", closes: "12:00", overnight: false }];

interface SpecialDaysFormProps {
  schedule: Schedule;
  /** Those that are changed; without them, new ones. */
  special?: Schedule["special_days"][number];
  onClose: () => void;
}

/** Days on which a week does not count: closed, or open at other times; and what customers hear. */
export function SpecialDaysForm({ schedule, special, onClose }: SpecialDaysFormProps) {
  const { t } = useTranslation("admin");
  const [given, setGiven] = useState(() => {
    const { first, last, reason, says_fr, says_en } = special ?? NOTHING;
    return { first, last, reason, says_fr, says_en };
  });
  const [opens, setOpens] = useState(special !== undefined && special.spans.length > 0);
  const [day, setDay] = useState<Day>(special?.spans.length ? toDay(special.spans) : USUAL);
  // What was seen: another's change since is not written over. New days overwrite nothing.
  const [revision] = useState(special ? schedule.revision : null);
  const set = (change: Partial<typeof NOTHING>) => setGiven((now) => ({ ...now, ...change }));
  const save = useHoursDeed<void>(() => {
    const body = { ...given, last: given.last || given.first, spans: opens ? toSpans(day) : [], revision };
    return special ? put<Schedules>(`/api/admin/special-days/${special.id}`, body) : post<Schedules>(`/api/admin/schedules/${schedule.id}/special-days`, body);
  });
  const errors = save.error instanceof ApiError ? save.error.fields : {};
  const tooLong = tooLongFor(save.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate(undefined, {
      onSuccess: () => {
        toast(t("saved"));
        onClose();
      },
    });
  };
  const named = Object.keys(errors).some((name) => name in NOTHING || name === "spans");
  const failure = save.isError && !named ? (save.error instanceof ApiError && (Object.values(errors)[0] ?? save.error.message)) || t("unreachable") : "";
  const marks = (name: keyof typeof NOTHING) => ({ id: `special-${name}`, "aria-invalid": errors[name] ? true : undefined, "aria-describedby": errors[name] ? `special-${name}-error` : undefined });
  const wrong = (name: keyof typeof NOTHING) => errors[name] && <p id={`special-${name}-error`} className={styles.error}>{typeset(errors[name])}{tooLong && name.startsWith("says") && ` ${t("hours.tooLongFor", tooLong)}`}</p>;
  return (
    <Dialog title={t(special ? "hours.editSpecial" : "hours.addSpecial")} closeLabel={t("close")} look="side" onClose={onClose}>
      <form className={styles.form} onSubmit={submit} noValidate>
        <div className={styles.fields}>
          {TEXTS.map(([name, kind]) => (
            <div key={name} className={styles.field}>
              <label htmlFor={`special-${name}`}>{t(`hours.${name}`)}</label>
              <input {...marks(name)} type={kind} autoComplete="off" value={given[name]} onChange={(event) => set({ [name]: event.target.value })} />
              {wrong(name)}
            </div>
          ))}
          <div className={styles.field}>
            <label className={styles.check}>
              <input type="checkbox" checked={opens} onChange={(event) => setOpens(event.target.checked)} data-testid="special-opens" />
              <span>{t("hours.whatOpen")}</span>
            </label>
            <p className={styles.hint}>{t("hours.whatHint")}</p>
          </div>
          {opens && <DayRow name={t("hours.what")} day={day} error={errors.spans ? typeset(errors.spans) : null} onChange={setDay} />}
          {SAID.map(([name, label, language]) => (
            <div key={name} className={styles.field}>
              <label htmlFor={`special-${name}`}>{t(`hours.${label}`)}</label>
              <textarea {...marks(name)} rows={3} lang={language} maxLength={480} value={given[name]} onChange={(event) => set({ [name]: event.target.value })} />
              <p className={styles.hint}>{t("hours.saysHint")}</p>
              {wrong(name)}
            </div>
          ))}
        </div>
        <div className={styles.formFoot}>
          <p role="alert" className={styles.error}>{failure ? t("failed", { reason: typeset(failure) }) : ""}</p>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" look="primary" disabled={save.isPending}>{save.isPending ? t("saving") : t("save")}</Button>
        </div>
      </form>
    </Dialog>
  );
}
