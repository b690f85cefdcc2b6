import { CalendarPlus, CircleCheck, CloudOff, MoonStar, Pencil, Plus, Trash2, X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, post } from "@/api/fetch";
import type { Schedule, Schedules } from "@/api/types";
import { Button } from "@/ui/Button";
import { fullTime } from "@/ui/format";
import { Empty, Skeleton } from "@/ui/States";
import { toast } from "@/ui/toasts";
import { typeset } from "@/ui/typeset";
import { useTable } from "./api";
import { AfterHours } from "./AfterHours";
import { dateOf, Holidays } from "./Holidays";
import { spoken } from "./hours";
import { useHoursDeed, useSchedules } from "./hoursApi";
import { ScheduleForm } from "./ScheduleForm";
import { SpecialDaysForm } from "./SpecialDaysForm";
import { DAYS } from "./WeekGrid";
import styles from "./Admin.module.css";
import look from "./Hours.module.css";

/** When lines are open: schedules, special days, holidays to confirm, and what is answered outside them. */
export function HoursSection() {
  const { t } = useTranslation("admin");
  const table = useSchedules();
  const [edited, setEdited] = useState<string | null | undefined>(undefined);
  const all = table.data;
  return (
    <>
      <header className={styles.head}>
        <div>
          <h1>{t("sections.hours")}</h1>
          <p>{t("hours.lead")}</p>
        </div>
        <Button look="primary" icon={<Plus size={16} aria-hidden="true" />} onClick={() => setEdited(null)} data-testid="add">
          {t("hours.add")}
        </Button>
      </header>
      {all ? (
        <>
          <Cards all={all} onEdit={setEdited} />
          {all.holidays.length > 0 && <Holidays holidays={all.holidays} />}
          <AfterHours />
          {edited !== undefined && <ScheduleForm schedule={all.items.find(({ id }) => id === edited) ?? null} onClose={() => setEdited(undefined)} />}
        </>
      ) : table.isError ? (
        <Empty icon={<CloudOff size={24} />} title={t("error")} text={t("errorText")}>
          <Button onClick={() => void table.refetch()}>{t("retry")}</Button>
        </Empty>
      ) : (
        <Skeleton rows={6} label={t("loading")} />
      )}
    </>
  );
}

function Cards({ all, onEdit }: { all: Schedules; onEdit: (id: string) => void }) {
  const { t } = useTranslation("admin");
  if (all.items.length === 0) return <p className={look.none}>{t("hours.none")}</p>;
  return (
    <section className={look.section}>
      <p className={look.lead}>{t("hours.zone", { zone: all.time_zone })}</p>
      <div className={look.cards}>
        {all.items.map((one) => (
          <Card key={one.id} schedule={one} onEdit={() => onEdit(one.id)} />
        ))}
      </div>
    </section>
  );
}

function Card({ schedule, onEdit }: { schedule: Schedule; onEdit: () => void }) {
  const { t } = useTranslation("admin");
  const lines = (useTable("lines").data?.items ?? []).filter((line) => line.schedule_id === schedule.id);
  const queues = (useTable("queues").data?.items ?? []).filter((queue) => queue.schedule_id === schedule.id);
  const [adding, setAdding] = useState(false);
  // As they were when they were opened: what others do meanwhile takes nothing out of somebody's hands.
  const [changed, setChanged] = useState<Schedule["special_days"][number] | null>(null);
  const drop = useHoursDeed((address: string) => post<Schedules>(address));
  const dropped = { onSuccess: () => toast(t("hours.removed")) };
  const failure = drop.error;
  return (
    <article className={look.card} data-testid="schedule" data-open={schedule.is_open}>
      <header>
        <h2>{schedule.name}</h2>
        <Now schedule={schedule} />
      </header>
      <dl className={look.days}>
        {DAYS.map((name, place) => (
          <div key={name}>
            <dt>{t(`hours.days.${name}`)}</dt>
            <dd className={schedule.week[place]?.length ? "" : look.closed}>{spoken(schedule.week[place] ?? []) || t("hours.closed")}</dd>
          </div>
        ))}
      </dl>
      <h3>{t("hours.special")}</h3>
      {schedule.special_days.length === 0 ? (
        <p className={look.faint}>{t("hours.specialNone")}</p>
      ) : (
        <ul className={look.special}>
          {schedule.special_days.map((one) => (
            <li key={one.id} data-testid="special-days">
              <span>
                <b>{one.reason}</b>
                {` · ${dateOf(one.first)}${one.last === one.first ? "" : ` – ${dateOf(one.last)}`} · ${spoken(one.spans) || t("hours.closed")}`}
              </span>
              <Button square look="quiet" size="small" aria-label={t("hours.editSpecialOf", { name: one.reason })} icon={<Pencil size={14} />} onClick={() => setChanged(one)} data-testid="edit-special" />
              <Button square look="quiet" size="small" aria-label={t("hours.dropSpecialOf", { name: one.reason })} icon={<X size={15} />} disabled={drop.isPending} onClick={() => drop.mutate(`/api/admin/special-days/${one.id}/remove`, dropped)} />
            </li>
          ))}
        </ul>
      )}
      {lines.length > 0 && <p className={look.faint}>{t("hours.lines", { lines: lines.map(({ address }) => address).join(", ") })}</p>}
      {queues.length > 0 && <p className={look.faint}>{t("hours.queues", { queues: queues.map(({ name }) => name).join(", ") })}</p>}
      {lines.length + queues.length === 0 && <p className={look.faint}>{t("hours.noLines")}</p>}
      {failure && <p role="alert" className={look.error}>{failure instanceof ApiError && failure.message ? typeset(Object.values(failure.fields)[0] ?? failure.message) : t("unreachable")}</p>}
      <footer>
        <Button size="small" icon={<CalendarPlus size={15} aria-hidden="true" />} onClick={() => setAdding(true)} data-testid="add-special">
          {t("hours.addSpecial")}
        </Button>
        <Button size="small" icon={<Pencil size={14} aria-hidden="true" />} aria-label={`${t("hours.edit")} : ${schedule.name}`} onClick={onEdit} data-testid="edit-schedule">
          {t("hours.change")}
        </Button>
        <Button square size="small" look="quiet" aria-label={t("hours.removeOf", { name: schedule.name })} icon={<Trash2 size={15} />} disabled={drop.isPending} onClick={() => drop.mutate(`/api/admin/schedules/${schedule.id}/remove`, dropped)} />
      </footer>
      {adding && <SpecialDaysForm schedule={schedule} onClose={() => setAdding(false)} />}
      {changed && <SpecialDaysForm key={changed.id} schedule={schedule} special={changed} onClose={() => setChanged(null)} />}
    </article>
  );
}

/** Open or closed at this moment, and until when: an icon, a word and a colour that say the same. */
function Now({ schedule }: { schedule: Schedule }) {
  const { t } = useTranslation("admin");
  const Icon = schedule.is_open ? CircleCheck : MoonStar;
  const time = schedule.changes_at ? fullTime(schedule.changes_at) : null;
  const then = schedule.is_open ? (time ? t("hours.until", { time }) : t("hours.always")) : time ? t("hours.opensAt", { time }) : t("hours.never");
  return (
    <p className={schedule.is_open ? look.open : look.shut} data-testid="open-now">
      <Icon size={15} aria-hidden="true" />
      <span>
        <b>{t(schedule.is_open ? "hours.openNow" : "hours.closedNow")}</b> {then}
      </span>
    </p>
  );
}
