import { useTranslation } from "react-i18next";
import type { HealthCheck } from "@/api/types";
import { duration, number } from "@/ui/format";
import { lookupsEn } from "./lookupsText";
import styles from "./Health.module.css";

const STATES = ["unused", "unasked", "answering", "failing", "open"] as const;
type Why = keyof typeof lookupsEn.why;

/** How a source fares that bots look things up in. */
export function LookupSource({ check }: { check: HealthCheck }) {
  const { t } = useTranslation("admin");
  const { error, calls, failures, open_s: open, p95_ms: p95, state } = check.facts;
  const said = STATES.find((one) => one === state) ?? "unasked";
  const why = typeof error === "string" && error in lookupsEn.why ? (error as Why) : null;
  return (
    <>
      {t(`lookups.state.${said}`)}
      {check.value !== null && check.level !== "ok" && ` ${t("health.botServer.since", { duration: duration(Math.floor(check.value)) })}`}
      {said === "open" && typeof open === "number" && <small className={styles.rows}>{t("health.botServer.tried", { seconds: duration(open) })}</small>}
      {check.level !== "ok" && why && <small className={styles.rows}>{t(`lookups.why.${why}`)}</small>}
      {typeof calls === "number" && calls > 0 && <small className={styles.rows}>{t("lookups.calls", { count: calls, failures: number(Number(failures)) })}</small>}
      {typeof p95 === "number" && <small className={styles.rows}>{t("health.botServer.slow", { ms: `${number(Math.ceil(p95))}\u00a0ms` })}</small>}
    </>
  );
}
