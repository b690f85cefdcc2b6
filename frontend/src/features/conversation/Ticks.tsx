import { AlertCircle, Check, CheckCheck, CircleHelp, Clock } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Delivery } from "@/api/types";
import { reasonOf } from "./reason";
import styles from "./Thread.module.css";

/** What has happened to an outgoing text: an icon and a word, and for a failure the reason in words. */
export function Ticks({ delivery }: { delivery: Delivery }) {
  const { t, i18n } = useTranslation("conversation");
  const label = t(`delivery.${delivery.status}`);
  switch (delivery.status) {
    case "queued":
    case "sending":
      return <Mark label={label} icon={<Clock size={13} />} />;
    case "sent":
      return <Mark label={label} icon={<Check size={14} />} />;
    case "delivered":
      return <Mark label={label} icon={<CheckCheck size={15} />} tone={styles.done} />;
    case "unknown":
      return (
        <span className={`${styles.tick} ${styles.doubt}`}>
          <CircleHelp size={13} aria-hidden="true" />
          {label}
        </span>
      );
    case "failed":
    case "expired":
      return (
        <span className={`${styles.tick} ${styles.failed}`} title={delivery.error?.code}>
          <AlertCircle size={13} aria-hidden="true" />
          {t("because", { what: label, reason: reasonOf(delivery.error, i18n.language, t) })}
        </span>
      );
  }
}

function Mark({ label, icon, tone }: { label: string; icon: React.ReactNode; tone?: string }) {
  return (
    <span className={`${styles.tick} ${tone ?? ""}`} role="img" aria-label={label} title={label}>
      {icon}
    </span>
  );
}
