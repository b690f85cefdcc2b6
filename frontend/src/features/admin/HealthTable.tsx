import { AlertTriangle, CircleAlert, CircleCheck, CircleHelp } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Health, HealthCheck } from "@/api/types";
import { useServerSecond } from "@/realtime/clock";
import { duration, exactTime, number } from "@/ui/format";
import { BotServer } from "./BotServer";
import { LookupSource } from "./LookupSource";
import { Table } from "./tables";
import styles from "./Health.module.css";
import admin from "./Admin.module.css";

const ICONS = { ok: CircleCheck, warning: CircleAlert, red: AlertTriangle, unknown: CircleHelp };
const GRAVEST_FIRST: Level[] = ["red", "warning", "ok"];
/** Asked every 5 s: two answers that did not come, and what is shown is no longer how it is. */
const STALE_S = 11;
/** What they measure is an absence: none is better said than counted. */
const AWAY = new Set<HealthCheck["check"]>(["link", "routing_lease"]);
/** How long an answer took: never nothing. */
const QUICK = new Set<HealthCheck["check"]>(["database", "redis"]);

type Level = HealthCheck["level"];

/** How the installation is: the verdict, then every check with what it means once it is not well. */
export function HealthTable({ health, failed }: { health: Health; failed: boolean }) {
  const { t } = useTranslation("admin");
  const now = useServerSecond();
  // A server that hangs refuses nothing: only the age of its last answer tells.
  const stale = failed || (health.at !== null && now - Date.parse(health.at) / 1000 > STALE_S);
  const verdict = stale ? "unknown" : health.status;
  const time = health.at ? exactTime(health.at) : "";
  const checks = [...health.checks].sort((a, b) => GRAVEST_FIRST.indexOf(a.level) - GRAVEST_FIRST.indexOf(b.level));
  return (
    <div data-stale={stale} className={styles.health}>
      <p className={`${styles.verdict} ${styles[verdict]}`} data-testid="verdict">
        <Sign level={verdict} size={20} />
        {/* Not the time beside it: a reader would hear it every five seconds. */}
        <strong role="status">{t(`health.verdict.${verdict}`)}</strong>
        <span>{t(stale ? "health.late" : "health.asOf", { time })}</span>
      </p>
      <Table heads={[t("health.heads.check"), t("health.heads.value"), t("health.heads.limit")]} empty={false} label={t("sections.health")}>
        {checks.map((check) => (
          <Row key={`${check.check} ${check.of ?? ""}`} check={check} />
        ))}
      </Table>
    </div>
  );
}

function Row({ check }: { check: HealthCheck }) {
  const { t } = useTranslation("admin");
  const level = check.level;
  const count = check.facts.count;
  return (
    <tr>
      <th scope="row">
        <div className={styles.check}>
          <span className={styles[level]}>
            <Sign level={level} size={16} />
          </span>
          <div>
            {t(`health.check.${check.check}`, { name: check.name ?? "" })} <span className={styles.word}>{t(`health.level.${level}`)}</span>
            {level !== "ok" && <small>{t(`health.why.${check.check}`)}</small>}
          </div>
        </div>
      </th>
      <td className={admin.figure}>
        {check.check === "bot_server" ? <BotServer check={check} /> : check.check === "look_up_source" ? <LookupSource check={check} /> : check.value === null ? t("health.unmeasured") : AWAY.has(check.check) && level === "ok" ? t("health.there") : <Measure value={check.value} unit={check.unit} quick={QUICK.has(check.check)} />}
        {typeof count === "number" && count > 0 && <small className={styles.rows}>{t("health.rows", { count })}</small>}
      </td>
      <td className={`${admin.figure} ${styles.limit}`}>
        {check.warning === null && check.red === null
          ? t("health.never")
          : [check.warning, check.red].filter((bound) => bound !== null).map((bound, index) => (
              <span key={index}>
                {index > 0 && " · "}
                {bound === 0 ? t("health.atOnce") : <Measure value={bound} unit={check.unit} />}
              </span>
            ))}
      </td>
    </tr>
  );
}

function Sign({ level, size }: { level: Level | "unknown"; size: number }) {
  const Icon = ICONS[level];
  return <Icon size={size} aria-hidden="true" />;
}

function Measure({ value, unit, quick = false }: { value: number; unit: string; quick?: boolean }) {
  const { t } = useTranslation("admin");
  switch (unit) {
    case "s":
      // Rounded down: 4.9 s, which is still well, must not read as the 5 s that are too much.
      return <>{value < 1 && (quick || value > 0) ? `${number(Math.max(1, Math.floor(value * 1000)))}\u00a0ms` : duration(Math.floor(value))}</>;
    case "percent":
      return <>{number(Math.round(value))}&nbsp;%</>;
    case "months":
      return <>{t("health.months", { count: Math.round(value) })}</>;
    default:
      return <>{number(value)}</>;
  }
}
