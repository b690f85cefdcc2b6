import { AlertTriangle, CircleAlert, CircleCheck } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Health, HealthCheck } from "@/api/types";
import { clockTime, duration, number } from "@/ui/format";
import { Table } from "./tables";
import styles from "./Health.module.css";
import admin from "./Admin.module.css";

const LEVELS = { ok: CircleCheck, warning: CircleAlert, red: AlertTriangle };
/** What they measure is an absence: none is better said than counted. */
const AWAY = new Set<HealthCheck["check"]>(["link", "routing_lease"]);

type Level = keyof typeof LEVELS;

/** How the installation is: the verdict, then every check with what it means once it is not well. */
export function HealthTable({ health, stale }: { health: Health; stale: boolean }) {
  const { t } = useTranslation("admin");
  const verdict = health.status;
  const time = health.at ? clockTime(health.at) : "";
  return (
    <>
      <p className={`${styles.verdict} ${styles[verdict]}`} role="status" data-testid="verdict">
        <Sign level={verdict} size={20} />
        <strong>{t(`health.verdict.${verdict}`)}</strong>
        <span>{t(stale ? "health.late" : "health.asOf", { time })}</span>
      </p>
      <Table heads={[t("health.heads.check"), t("health.heads.value"), t("health.heads.limit")]} empty={false} label={t("sections.health")}>
        {health.checks.map((check) => (
          <Row key={`${check.check} ${check.of ?? ""}`} check={check} />
        ))}
      </Table>
    </>
  );
}

function Row({ check }: { check: HealthCheck }) {
  const { t } = useTranslation("admin");
  const level = check.level;
  const count = check.facts.count;
  return (
    <tr>
      <th scope="row" className={styles.check}>
        <span className={styles[level]}>
          <Sign level={level} size={16} />
        </span>
        <div>
          {t(`health.check.${check.check}`, { name: check.name ?? "" })}
          <span className={styles.word}>{t(`health.level.${level}`)}</span>
          {level !== "ok" && <small>{t(`health.why.${check.check}`)}</small>}
        </div>
      </th>
      <td className={admin.figure}>
        {check.value === null ? t("health.unmeasured") : AWAY.has(check.check) && level === "ok" ? t("health.there") : <Measure value={check.value} unit={check.unit} />}
        {typeof count === "number" && count > 0 && <small className={styles.rows}>{t("health.rows", { count })}</small>}
      </td>
      <td className={`${admin.figure} ${styles.limit}`}>
        {check.warning === null && check.red === null
          ? t("health.never")
          : [check.warning, check.red].filter((bound) => bound !== null).map((bound, index) => (
              <span key={index}>
                {index > 0 && " · "}
                <Measure value={bound} unit={check.unit} />
              </span>
            ))}
      </td>
    </tr>
  );
}

function Sign({ level, size }: { level: Level; size: number }) {
  const Icon = LEVELS[level];
  return <Icon size={size} aria-hidden="true" />;
}

function Measure({ value, unit }: { value: number; unit: string }) {
  const { t } = useTranslation("admin");
  switch (unit) {
    case "s":
      return <>{value > 0 && value < 1 ? `${number(Math.max(1, Math.round(value * 1000)))}\u00a0ms` : duration(Math.round(value))}</>;
    case "percent":
      return <>{number(Math.round(value))}&nbsp;%</>;
    case "months":
      return <>{t("health.months", { count: Math.round(value) })}</>;
    default:
      return <>{number(value)}</>;
  }
}
