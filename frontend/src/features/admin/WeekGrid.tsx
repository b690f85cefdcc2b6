import { Plus, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/Button";
import { anotherOpening, minutesOf, tidied, type Day } from "./hours";
import look from "./Hours.module.css";

export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

interface WeekGridProps {
  week: Day[];
  /** The day that the server refused, and why. */
  refused: number | null;
  error: string | null;
  onChange: (week: Day[]) => void;
}

/** Seven days with their openings: fields of time, in the order of the week, so that the keyboard walks through them. */
export function WeekGrid({ week, refused, error, onChange }: WeekGridProps) {
  const { t } = useTranslation("admin");
  const change = (place: number, day: Day) => onChange(week.map((one, index) => (index === place ? day : one)));
  return (
    <div className={look.week} role="group" aria-label={t("hours.week")}>
      {DAYS.map((name, place) => (
        <DayRow
          key={name}
          name={t(`hours.days.${name}`)}
          day={week[place] ?? []}
          error={error !== null && refused === place ? error : null}
          onChange={(day) => change(place, day)}
          testId={`day-${name}`}
        />
      ))}
      <Button size="small" look="quiet" onClick={() => onChange(week.map((one, place) => (place > 0 && place < 5 ? (week[0] ?? []) : one)))} data-testid="copy-week">
        {t("hours.copy")}
      </Button>
    </div>
  );
}

interface DayRowProps {
  name: string;
  day: Day;
  error: string | null;
  onChange: (day: Day) => void;
  testId?: string;
}

/** One day's openings. Also of special days, where `name` says which. */
export function DayRow({ name, day, error, onChange, testId }: DayRowProps) {
  const { t } = useTranslation("admin");
  const set = (place: number, change: Partial<Day[number]>) => onChange(day.map((one, index) => (index === place ? { ...one, ...change } : one)));
  return (
    <div className={look.day} data-testid={testId} role="group" aria-label={name}>
      <span className={look.dayName} aria-hidden="true">{name}</span>
      <div className={look.openings}>
        {day.length === 0 && <span className={look.closed}>{t("hours.closed")}</span>}
        {day.map((one, place) => (
          <div key={place} className={look.opening}>
            <Clock value={one.opens} label={t("hours.opens", { day: name })} wrong={error !== null} onChange={(opens) => set(place, { opens })} />
            <span aria-hidden="true">–</span>
            <Clock value={one.closes} label={t("hours.closes", { day: name })} wrong={error !== null} onChange={(closes) => set(place, { closes })} />
            <label className={look.overnight}>
              <input type="checkbox" checked={one.overnight} aria-label={t("hours.overnightOf", { day: name })} onChange={(event) => set(place, { overnight: event.target.checked })} />
              {t("hours.overnight")}
            </label>
            <Button square look="quiet" size="small" aria-label={t("hours.dropOpeningOf", { day: name, time: one.opens })} icon={<X size={15} />} onClick={() => onChange(day.filter((_, index) => index !== place))} />
          </div>
        ))}
        {error && <p className={look.error} role="alert">{error}</p>}
      </div>
      <Button square look="quiet" size="small" aria-label={t("hours.addOpeningOf", { day: name })} icon={<Plus size={16} />} onClick={() => onChange([...day, anotherOpening(day)])} />
    </div>
  );
}

/** A time of 24 hours, whatever the browser's own fields would show: "8", "0830" and "8h30" will do. */
function Clock({ value, label, wrong, onChange }: { value: string; label: string; wrong: boolean; onChange: (value: string) => void }) {
  return (
    <input
      type="text" inputMode="numeric" autoComplete="off" maxLength={6} placeholder="00:00" className={look.clock} value={value} aria-label={label}
      aria-invalid={wrong || minutesOf(value) === null || undefined} onChange={(event) => onChange(event.target.value)} onBlur={() => onChange(tidied(value))}
    />
  );
}
