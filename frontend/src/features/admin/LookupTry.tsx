import { useMutation } from "@tanstack/react-query";
import { CircleAlert, CircleCheck, CircleX } from "lucide-react";
import { useEffect, useState, type FormEvent, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { post } from "@/api/fetch";
import type { LookUp, LookUpSource, TriedLookUp, TriedSource } from "@/api/types";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { number } from "@/ui/format";
import { useReason } from "./ListsSection";
import { lookupsEn } from "./lookupsText";
import styles from "./Admin.module.css";
import look from "./Lookups.module.css";

type Why = keyof typeof lookupsEn.why;

function Verdict({ look: how, children }: { look: "good" | "bad" | "warning"; children: ReactNode }) {
  const Icon = { good: CircleCheck, bad: CircleX, warning: CircleAlert }[how];
  return (
    <p className={`${look.verdict} ${look[how]}`}>
      <Icon size={16} aria-hidden="true" />
      <span>{children}</span>
    </p>
  );
}

function useWhy(): (why: string) => string {
  const { t } = useTranslation("admin");
  return (why) => t(`lookups.why.${why in lookupsEn.why ? (why as Why) : "broken"}`);
}

/** Connects to a source, and says in words how that went. */
export function SourceTest({ source, onClose }: { source: LookUpSource; onClose: () => void }) {
  const { t } = useTranslation("admin");
  const reason = useReason();
  const why = useWhy();
  const attempt = useMutation({ mutationFn: () => post<TriedSource>(`/api/admin/lookup-sources/${source.id}/test`, {}) });
  const { mutate } = attempt;
  useEffect(() => mutate(), [mutate]);
  const said = attempt.isPending ? undefined : attempt.data;
  const ms = number(said?.ms ?? 0);
  return (
    <Dialog title={t("lookups.testOf", { name: source.name })} closeLabel={t("close")} look="side" onClose={onClose}>
      <div className={look.tried} data-testid="source-tested" data-result={said?.result ?? ""}>
        <div role="status">
          {attempt.isPending && <p>{t("lookups.running")}</p>}
          {attempt.error && <Verdict look="bad">{reason(attempt.error)}</Verdict>}
          {said?.result === "ok" && said.may_write > 0 && <Verdict look="warning">{t("lookups.mayWrite", { count: said.may_write })}</Verdict>}
          {said?.result === "ok" && said.may_write === 0 && <Verdict look="good">{t(source.kind === "sql" ? "lookups.ok" : "lookups.okRest", { ms })}</Verdict>}
          {said && said.result !== "ok" && (
            <Verdict look="bad">
              {t("lookups.failed", { ms })} {why(said.result)} {said.hint && <code className={look.code}>{said.hint}</code>}
            </Verdict>
          )}
        </div>
        <div>
          <Button disabled={attempt.isPending} onClick={() => mutate()}>{t("lookups.again")}</Button>
        </div>
      </div>
    </Dialog>
  );
}

/** Makes a look-up with a number and values: the rows, or in words what went wrong. */
export function LookUpTry({ one, onClose }: { one: LookUp; onClose: () => void }) {
  const { t } = useTranslation("admin");
  const reason = useReason();
  const why = useWhy();
  const [typed, setTyped] = useState("");
  const [values, setValues] = useState<Record<string, string>>({});
  const slots = [...new Set(one.parameters.filter(({ origin }) => origin === "slot").map(({ slot }) => slot))];
  const asksNumber = one.parameters.some(({ origin }) => origin === "number");
  const attempt = useMutation({ mutationFn: () => post<TriedLookUp>(`/api/admin/lookups/${one.id}/try`, { number: typed, values }) });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    attempt.mutate();
  };
  const said = attempt.isPending ? undefined : attempt.data;
  const ms = number(said?.ms ?? 0);
  return (
    <Dialog title={t("lookups.tryOf", { name: one.name })} closeLabel={t("close")} look="side" onClose={onClose}>
      <form className={look.tried} onSubmit={submit} noValidate>
        <p className={styles.hint}>{t("lookups.audited")}</p>
        {asksNumber && (
          <div className={styles.field}>
            <label htmlFor="lookup-number">{t("lookups.number")}</label>
            <input id="lookup-number" type="text" inputMode="tel" autoComplete="off" maxLength={40} value={typed} onChange={(event) => setTyped(event.target.value)} />
          </div>
        )}
        {slots.map((slot) => (
          <div key={slot} className={styles.field}>
            <label htmlFor={`lookup-${slot}`}>{slot}</label>
            <input id={`lookup-${slot}`} autoComplete="off" maxLength={200} value={values[slot] ?? ""} onChange={(event) => setValues((now) => ({ ...now, [slot]: event.target.value }))} />
          </div>
        ))}
        <div>
          <Button type="submit" look="primary" disabled={attempt.isPending || (asksNumber && !typed.trim())} data-testid="run-lookup">
            {t(attempt.isPending ? "lookups.running" : "lookups.run")}
          </Button>
        </div>
        <div role="status" data-testid="lookup-tried" data-outcome={said?.outcome ?? ""}>
          {attempt.error && <Verdict look="bad">{reason(attempt.error)}</Verdict>}
          {said?.outcome === "none" && <Verdict look="good">{t("lookups.nothing", { ms })}</Verdict>}
          {said?.outcome === "found" && (
            <>
              <Verdict look="good">
                {t("lookups.tried", { ms })} · {t("lookups.triedRows", { count: said.rows.length })}
              </Verdict>
              <Found rows={said.rows} />
            </>
          )}
          {said && said.why !== "" && (
            <Verdict look="bad">
              {t("lookups.failed", { ms })} {why(said.why)} {said.hint && <code className={look.code}>{said.hint}</code>}
            </Verdict>
          )}
        </div>
      </form>
    </Dialog>
  );
}

function Found({ rows }: { rows: Record<string, string>[] }) {
  const { t } = useTranslation("admin");
  const heads = Object.keys(rows[0] ?? {});
  return (
    <div className={look.found} role="region" aria-label={t("lookups.items")} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col">{head}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, place) => (
            <tr key={place}>
              {heads.map((head) => (
                <td key={head}>{row[head] || "–"}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
