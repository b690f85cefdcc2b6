import { CircleCheck, CircleHelp, CircleSlash } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, put } from "@/api/fetch";
import type { Holiday, Schedules } from "@/api/types";
import { Button } from "@/ui/Button";
import { longDate } from "@/ui/format";
import { toast } from "@/ui/toasts";
import { typeset } from "@/ui/typeset";
import { useHoursDeed } from "./hoursApi";
import { Table } from "./tables";
import look from "./Hours.module.css";

/** A day without a time, in words; noon, so that no time zone makes it another day. */
export const dateOf = (day: string): string => longDate(`${day}T12:00:00Z`);

const STATES = ["certain", "to_confirm", "confirmed", "moved", "dropped"] as const;
const COUNTRIES = ["BF", "BJ", "FR"] as const;
const ICONS = { certain: CircleCheck, confirmed: CircleCheck, moved: CircleCheck, to_confirm: CircleHelp, dropped: CircleSlash };

/** The public holidays of a year; those that follow the moon are confirmed, moved or dropped here. */
export function Holidays({ holidays }: { holidays: Holiday[] }) {
  const { t } = useTranslation("admin");
  const open = holidays.filter(({ state }) => state === "to_confirm").length;
  // What waits for somebody stands first; the rest in the order of the year.
  const ordered = [...holidays.filter(({ state }) => state === "to_confirm"), ...holidays.filter(({ state }) => state !== "to_confirm")];
  const heads = (["holiday", "country", "day", "state", "deed"] as const).map((name) => t(`hours.heads.${name}`));
  return (
    <section className={look.section}>
      <h2>{t("hours.holidays")}</h2>
      <p className={look.lead}>{t("hours.holidaysLead")}</p>
      {open > 0 && (
        <p className={look.waiting} data-testid="holidays-to-confirm">
          <CircleHelp size={16} aria-hidden="true" />
          {t("hours.toConfirm", { count: open })}
        </p>
      )}
      <Table heads={heads} empty={false} label={t("hours.holidays")}>
        {ordered.map((one) => (
          <Row key={`${one.country} ${one.year} ${one.key} ${one.state} ${one.day}`} holiday={one} />
        ))}
      </Table>
    </section>
  );
}

function Row({ holiday }: { holiday: Holiday }) {
  const { t, i18n } = useTranslation("admin");
  const [day, setDay] = useState(holiday.day ?? holiday.estimate);
  const [changing, setChanging] = useState(false);
  const state = STATES.find((one) => one === holiday.state) ?? "certain";
  const country = COUNTRIES.find((one) => one === holiday.country);
  const name = i18n.language === "fr" ? holiday.name_fr : holiday.name_en;
  const say = useHoursDeed((kept: string | null) => put<Schedules>("/api/admin/holidays", { country: holiday.country, year: holiday.year, key: holiday.key, day: kept }));
  const told = { onSuccess: () => toast(t("hours.confirmed")) };
  const Icon = ICONS[state];
  const asks = state === "to_confirm" || changing;
  const failure = say.error;
  return (
    <tr data-testid="holiday" data-state={state} data-key={holiday.key}>
      <th scope="row">{name}</th>
      <td>{country ? t(`hours.countries.${country}`) : holiday.country}</td>
      <td className={look.when}>
        {state === "dropped" ? "–" : dateOf(holiday.day ?? holiday.estimate)}
        {(state === "moved" || state === "dropped") && <small>{t("hours.estimated", { date: dateOf(holiday.estimate) })}</small>}
      </td>
      <td>
        <span className={`${look.state} ${look[state]}`}>
          <Icon size={14} aria-hidden="true" />
          {t(`hours.state.${state}`)}
        </span>
      </td>
      <td>
        {asks ? (
          <div className={look.deeds}>
            <input type="date" value={day} aria-label={t("hours.day", { name })} onChange={(event) => setDay(event.target.value)} />
            <Button size="small" look="primary" disabled={say.isPending || day === ""} aria-label={t("hours.confirmOf", { name })} onClick={() => say.mutate(day, told)} data-testid="confirm-holiday">
              {t("hours.confirm")}
            </Button>
            <Button size="small" look="quiet" disabled={say.isPending} aria-label={t("hours.dropOf", { name })} onClick={() => say.mutate(null, told)}>
              {t("hours.drop")}
            </Button>
            {failure && <p role="alert" className={look.error}>{failure instanceof ApiError && failure.message ? typeset(Object.values(failure.fields)[0] ?? failure.message) : t("unreachable")}</p>}
          </div>
        ) : (
          state !== "certain" && (
            <Button size="small" look="quiet" aria-label={t("hours.changeOf", { name })} onClick={() => setChanging(true)}>
              {t("hours.change")}
            </Button>
          )
        )}
      </td>
    </tr>
  );
}
