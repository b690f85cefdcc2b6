import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { CloudOff } from "lucide-react";
import { useEffect, useId, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, get } from "@/api/fetch";
import type { Staffing, StaffingRow } from "@/api/types";
import { Button } from "@/ui/Button";
import { number, percent, typed } from "@/ui/format";
import page from "@/ui/page.module.css";
import { Empty, Skeleton } from "@/ui/States";
import { asked, BOUNDS, FIRST, halfHour, wrongIn, type Plan, type Wrong } from "./plan";
import styles from "./Staffing.module.css";

const PAUSE_MS = 300;
const BURN_OUT = 0.85;
const FIGURES = ["handling", "target", "within", "concurrency", "shrinkage"] as const;

/** `tabs`: the way to the other pages of supervision. */
export default function StaffingPage({ tabs }: { tabs: ReactNode }) {
  const { t } = useTranslation("staffing");
  const [plan, change] = useState<Plan>(FIRST);
  const wrong = wrongIn(plan);
  const isGood = Object.keys(wrong).length === 0;
  const written = isGood ? asked(plan) : null;
  // What is typed shows at once; the figures follow a pause, and the last good ones stay until then.
  const [question, ask] = useState(written);
  useEffect(() => {
    const timer = setTimeout(() => ask(written), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [written]);
  const { data, error, refetch } = useQuery({
    queryKey: ["staffing", question],
    queryFn: ({ signal }) => get<Staffing>(`/api/supervision/staffing?${question}`, signal),
    enabled: question !== null,
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    retry: false,
  });
  const refusal = error instanceof ApiError && error.status === 422 ? (Object.values(error.fields)[0] ?? error.message) : null;
  return (
    <main className={page.page} aria-label={t("title")}>
      <div className={page.content}>
        <header className={page.head}>
          <h1>{t("title")}</h1>
          {tabs}
        </header>
        <p className={page.lead}>{t("lead")}</p>
        <Form plan={plan} wrong={wrong} onChange={change} />
        {refusal !== null ? (
          <p className={styles.refused} role="alert">
            {refusal}
          </p>
        ) : error && !data ? (
          <Empty icon={<CloudOff size={24} />} title={t("error")} text={t("errorText")}>
            <Button onClick={() => void refetch()}>{t("retry")}</Button>
          </Empty>
        ) : data ? (
          // Beside a figure that is wrong stands the last answer, and looks like the past.
          <div data-stale={!isGood}>
            <div className={page.aging}>
              <Result found={data} plan={plan} />
            </div>
          </div>
        ) : (
          isGood && <Skeleton rows={6} label={t("loading")} />
        )}
      </div>
    </main>
  );
}

function Form({ plan, wrong, onChange }: { plan: Plan; wrong: Wrong; onChange: (plan: Plan) => void }) {
  const { t } = useTranslation("staffing");
  const id = useId();
  const about = (name: keyof Plan, hint: string | undefined, fault: string) => {
    const words = wrong[name] ? fault : hint;
    return { described: words ? `${id}-${name}` : undefined, said: words && <small id={`${id}-${name}`} data-wrong={wrong[name]}>{words}</small> };
  };
  const contacts = about("contacts", t("hints.contacts"), t("wrong.contacts"));
  const start = about("start", undefined, t("wrong.start"));
  return (
    <form className={styles.form} aria-label={t("form")} onSubmit={(event) => event.preventDefault()}>
      <div className={`${styles.field} ${styles.contacts}`}>
        <label htmlFor={`${id}-contacts-field`}>{t("fields.contacts")}</label>
        <textarea
          id={`${id}-contacts-field`}
          rows={2}
          inputMode="decimal"
          maxLength={600}
          spellCheck={false}
          value={plan.contacts}
          aria-invalid={wrong.contacts}
          aria-describedby={contacts.described}
          data-testid="staffing-contacts"
          onChange={(event) => onChange({ ...plan, contacts: event.target.value })}
        />
        {contacts.said}
      </div>
      <div className={styles.field}>
        <label htmlFor={`${id}-start-field`}>{t("fields.start")}</label>
        <input
          id={`${id}-start-field`}
          type="time"
          step={1800}
          value={plan.start}
          aria-invalid={wrong.start}
          aria-describedby={start.described}
          data-testid="staffing-start"
          onChange={(event) => onChange({ ...plan, start: event.target.value })}
        />
        {start.said}
      </div>
      {FIGURES.map((name) => {
        const [least, most] = BOUNDS[name];
        const hint = name === "handling" || name === "concurrency" || name === "shrinkage" ? t(`hints.${name}`) : undefined;
        const { described, said } = about(name, hint, t("wrong.figure", { least: typed(least), most: typed(most) }));
        return (
          <div key={name} className={styles.field}>
            <label htmlFor={`${id}-${name}-field`}>{t(`fields.${name}`)}</label>
            <input
              id={`${id}-${name}-field`}
              inputMode="decimal"
              maxLength={8}
              value={plan[name]}
              aria-invalid={wrong[name]}
              aria-describedby={described}
              data-testid={`staffing-${name}`}
              onChange={(event) => onChange({ ...plan, [name]: event.target.value })}
            />
            {said}
          </div>
        );
      })}
    </form>
  );
}

function Result({ found, plan }: { found: Staffing; plan: Plan }) {
  const { t } = useTranslation("staffing");
  const busiest = found.halves[found.busiest];
  const at = halfHour(plan.start, found.busiest);
  if (!busiest || busiest.agents === 0) return <p role="status">{t("nobody")}</p>;
  const several = found.halves.length > 1;
  const together = Number(plan.concurrency.replace(",", "."));
  return (
    <div className={styles.result} data-testid="staffing-result">
      <p className={styles.answer} role="status">
        <strong data-testid="staffing-needed">{t("needed", { count: busiest.agents })}</strong>
        {several && <span>{t("neededAt", { at })}</span>}
        <span>{t("scheduled", { count: busiest.scheduled })}</span>
        {several && <span>{t("hours", { value: number(found.agent_hours) })}</span>}
      </p>
      {together > 1 && <p className={styles.note}>{t("rough", { value: number(together) })}</p>}
      {(busiest.occupancy ?? 0) > BURN_OUT && <p className={styles.note}>{t("busy")}</p>}
      <Rows title={t("options", { at })} rows={found.options} enough={busiest.agents} />
      {several && <Rows title={t("halves")} rows={found.halves} halves={found.halves.map((half, place) => [halfHour(plan.start, place), half.contacts])} />}
    </div>
  );
}

function Rows({ title, rows, enough, halves }: { title: string; rows: StaffingRow[]; enough?: number; halves?: [at: string, contacts: number][] }) {
  const { t } = useTranslation("staffing");
  const share = (value: number | null) => (value === null ? "–" : percent(value));
  return (
    <section>
      <h2>{title}</h2>
      <div className={page.table} tabIndex={0} role="region" aria-label={title}>
        <table>
          <thead>
            <tr>
              {halves && <th scope="col">{t("at")}</th>}
              {halves && <th scope="col" className={page.figure}>{t("contacts")}</th>}
              <th scope="col" className={halves && page.figure}>{t("agents")}</th>
              <th scope="col" className={page.figure}>{t("rota")}</th>
              <th scope="col" className={page.figure}>{t("level")}</th>
              <th scope="col" className={page.figure}>{t("asa")}</th>
              <th scope="col" className={page.figure}>{t("waits")}</th>
              <th scope="col" className={page.figure}>{t("occupancy")}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row, place) => (
              <tr key={place} data-enough={row.agents === enough} data-testid={halves ? "staffing-half" : "staffing-option"}>
                {halves && <th scope="row">{halves[place]![0]}</th>}
                {halves && <td className={page.figure}>{number(halves[place]![1])}</td>}
                {halves ? (
                  <td className={page.figure}>{number(row.agents)}</td>
                ) : (
                  <th scope="row">
                    {number(row.agents)}
                    {row.agents === enough && <small>{t("enough")}</small>}
                  </th>
                )}
                <td className={page.figure}>{number(row.scheduled)}</td>
                <td className={page.figure}>{share(row.service_level)}</td>
                <td className={page.figure}>{row.asa_s === null ? "–" : t("seconds", { value: number(Math.round(row.asa_s * 10) / 10) })}</td>
                <td className={page.figure}>{share(row.waits)}</td>
                <td className={page.figure}>{share(row.occupancy)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
