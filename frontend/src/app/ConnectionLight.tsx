import { useTranslation } from "react-i18next";
import { useConnection, type Connection } from "@/realtime/connection";
import { clockTime } from "@/ui/format";
import styles from "./TopBar.module.css";

/** The screen never lies: up to date, how far behind, or offline since when, in words. */
export function ConnectionLight() {
  const { t } = useTranslation("app");
  const connection = useConnection();
  const say = (now: Connection): string => {
    switch (now.state) {
      case "live":
        return t("connection.live");
      case "catching-up":
        return now.behind === null ? t("connection.connecting") : t("connection.behind", { count: now.behind });
      case "offline":
        return t("connection.offline", { time: clockTime(new Date(now.since).toISOString()) });
    }
  };
  return (
    <span className={`${styles.light} ${styles[connection.state]}`} role="status" data-testid="connection" data-state={connection.state}>
      <i />
      <span className={connection.state === "offline" ? styles.whole : ""}>{say(connection)}</span>
      {connection.state === "offline" && (
        <span className={styles.short} aria-hidden="true">
          {t("connection.offlineShort")}
        </span>
      )}
    </span>
  );
}
