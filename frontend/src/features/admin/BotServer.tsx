import { useTranslation } from "react-i18next";
import type { HealthCheck } from "@/api/types";
import { duration, number } from "@/ui/format";
import styles from "./Health.module.css";

const STATES = ["unused", "unasked", "answering", "failing", "open", "not_configured"] as const;
const ERRORS = [
  "unreached", "timeout", "cut", "token", "refused", "store", "status", "too_large", "no_json", "shape", "other_bot", "other_files", "silent", "broken",
] as const;

/** How the server that talks for a bot fares, since the dispatchers began. */
export function BotServer({ check }: { check: HealthCheck }) {
  const { t } = useTranslation("admin");
  const facts = check.facts;
  const state = STATES.find((one) => one === facts.state) ?? "unknown";
  const error = ERRORS.find((one) => one === facts.error) ?? "other";
  const { asked, fallbacks, open_s: open, p95_ms: p95 } = facts;
  return (
    <>
      {t(`health.botServer.state.${state}`)}
      {check.value !== null && check.level !== "ok" && ` ${t("health.botServer.since", { duration: duration(Math.floor(check.value)) })}`}
      {state === "open" && typeof open === "number" && <small className={styles.rows}>{t("health.botServer.tried", { seconds: duration(open) })}</small>}
      {check.level !== "ok" && facts.error && <small className={styles.rows}>{t("health.botServer.last", { error: t(`health.botServer.error.${error}`) })}</small>}
      {typeof asked === "number" && asked > 0 && (
        <small className={styles.rows}>{t("health.botServer.turns", { count: asked, fallbacks: number(Number(fallbacks)) })}</small>
      )}
      {typeof p95 === "number" && <small className={styles.rows}>{t("health.botServer.slow", { ms: `${number(Math.ceil(p95))}\u00a0ms` })}</small>}
    </>
  );
}
