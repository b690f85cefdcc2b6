import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/fetch";
import type { Role, SecurityRules } from "@/api/types";
import { Button } from "@/ui/Button";
import { toast } from "@/ui/toasts";
import { typeset } from "@/ui/typeset";
import { useRules, useSaveRules } from "./accountsApi";
import { figureIn } from "./figures";
import { Section } from "./Section";
import styles from "./Admin.module.css";
import look from "./Account.module.css";

const ROLES: Role[] = ["agent", "supervisor", "administrator", "observer"];
const FIGURES = ["grace_days", "idle_minutes", "session_hours"] as const;
const LABELS = { grace_days: "rules.grace", idle_minutes: "rules.idle", session_hours: "rules.hours" } as const;

/** The organisation's own rules for accounts. */
export function SecuritySection() {
  const { t } = useTranslation("accounts");
  const { t: tAdmin } = useTranslation("admin");
  const table = useRules();
  return (
    <Section title={tAdmin("sections.security")} lead={t("rules.lead")} table={table}>
      {(rules) => <RulesForm rules={rules} />}
    </Section>
  );
}

function RulesForm({ rules }: { rules: SecurityRules }) {
  const { t, i18n } = useTranslation("accounts");
  const { t: tAdmin } = useTranslation("admin");
  const save = useSaveRules();
  const [roles, setRoles] = useState<Role[]>(rules.factor_roles);
  const [figures, setFigures] = useState(() => Object.fromEntries(FIGURES.map((name) => [name, String(rules[name])])) as Record<(typeof FIGURES)[number], string>);
  const [unread, setUnread] = useState<string[]>([]);
  const refused: Record<string, string> = save.error instanceof ApiError ? save.error.fields : {};
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const read = Object.fromEntries(FIGURES.map((name) => [name, figureIn(figures[name], i18n.language)]));
    const wrong = FIGURES.filter((name) => read[name] === null);
    setUnread(wrong);
    if (wrong.length === 0) save.mutate({ factor_roles: roles, ...(read as Record<(typeof FIGURES)[number], number>) }, { onSuccess: () => toast(t("rules.saved")) });
  };
  return (
    <form className={look.rules} onSubmit={submit} noValidate>
      <fieldset className={styles.field} aria-describedby="factor-hint">
        <legend>{t("rules.factor")}</legend>
        {ROLES.map((role) => (
          <label key={role} className={styles.check}>
            <input type="checkbox" data-testid={`factor-${role}`} checked={roles.includes(role)} onChange={() => setRoles((now) => (now.includes(role) ? now.filter((one) => one !== role) : [...now, role]))} />
            <span>{tAdmin(`role.${role}`)}</span>
          </label>
        ))}
        <p id="factor-hint" className={styles.hint}>
          {t("rules.factorHint")} {rules.without_factor > 0 && t("rules.without", { count: rules.without_factor })}
        </p>
      </fieldset>
      {FIGURES.map((name) => {
        const error = unread.includes(name) ? tAdmin("notANumber") : refused[name];
        return (
          <div key={name} className={styles.field}>
            <label htmlFor={`rule-${name}`}>{t(LABELS[name])}</label>
            <input id={`rule-${name}`} type="text" inputMode="numeric" autoComplete="off" value={figures[name]} aria-invalid={error ? true : undefined} aria-describedby={error ? `rule-${name}-error` : undefined} onChange={(event) => setFigures((now) => ({ ...now, [name]: event.target.value }))} />
            {error && (
              <p id={`rule-${name}-error`} className={styles.error}>
                {typeset(error)}
              </p>
            )}
          </div>
        );
      })}
      <p role="alert" className={styles.error}>
        {save.error && Object.keys(refused).length === 0 ? typeset(save.error instanceof ApiError && save.error.message ? save.error.message : tAdmin("unreachable")) : ""}
      </p>
      <div className={look.buttons}>
        <Button type="submit" look="primary" data-testid="save-rules-of-accounts" disabled={save.isPending}>
          {save.isPending ? t("rules.saving") : t("rules.save")}
        </Button>
      </div>
      <div className={look.part}>
        <h3>{t("rules.passwords")}</h3>
        <p className={styles.hint}>{t("rules.passwordsText")}</p>
      </div>
      <div className={look.part}>
        <h3>{t("rules.tries")}</h3>
        <p className={styles.hint}>{t("rules.triesText")}</p>
      </div>
    </form>
  );
}
