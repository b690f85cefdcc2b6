import { AlertCircle, ArrowDownLeft, ArrowUpRight, CheckCheck, Clock } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { isObserver, useSession } from "@/api/session";
import type { HistoryRow } from "@/api/types";
import { exactTime, fullTime, shortDate } from "@/ui/format";
import page from "@/ui/page.module.css";
import styles from "./History.module.css";

const ICONS = { received: ArrowDownLeft, pending: Clock, delivered: CheckCheck, failed: AlertCircle };
const HEADS = ["posted", "status", "number", "name", "text", "delivered", "identifier", "way"] as const;

export function HistoryTable({ items }: { items: HistoryRow[] }) {
  const { t } = useTranslation("history");
  return (
    <div className={page.table} role="region" aria-label={t("table")} tabIndex={0}>
      <table className={styles.texts} data-testid="history">
        <thead>
          <tr>
            {HEADS.map((head) => (
              <th key={head} scope="col" title={head === "posted" || head === "delivered" || head === "identifier" ? t(`head.${head}Hint`) : undefined}>
                {t(`head.${head}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <Text key={item.id} item={item} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Text({ item }: { item: HistoryRow }) {
  const { t } = useTranslation("history");
  const hidden = isObserver(useSession());
  const Way = item.direction === "in" ? ArrowDownLeft : ArrowUpRight;
  return (
    <tr data-testid="history-row" data-state={item.state}>
      <td className={styles.when}>
        <Moment at={item.posted_at} />
      </td>
      <td>
        <Status item={item} />
      </td>
      <td className={styles.number}>
        <Way size={13} role="img" aria-label={t(item.direction)} />
        {item.number}
      </td>
      <td className={styles.name} title={item.name ?? undefined}>
        {item.name ?? "–"}
      </td>
      <td className={styles.text}>
        <Link to={`/?view=all&c=${item.conversation_id}`} title={item.text || t("open")}>
          {item.text || t(hidden ? "hidden" : "noText")}
        </Link>
        {item.parts > 1 && <small>{t("parts", { parts: item.parts })}</small>}
      </td>
      <td className={styles.when}>{item.delivered_at ? <Moment at={item.delivered_at} /> : "–"}</td>
      <td className={styles.identifier}>
        {item.identifiers.length > 0 ? item.identifiers.map((one) => <code key={one}>{one}</code>) : "–"}
      </td>
      <td className={styles.way}>
        {item.line}
        <small>{item.link}</small>
      </td>
    </tr>
  );
}

function Moment({ at }: { at: string }) {
  return (
    <time dateTime={at} title={fullTime(at)}>
      {shortDate(at)} <span>{exactTime(at)}</span>
    </time>
  );
}

const STATUSES = ["received", "queued", "sending", "sent", "delivered", "failed", "expired", "unknown"] as const;

/** In words, why where it failed, and always the operator's own word. */
function Status({ item }: { item: HistoryRow }) {
  const { t, i18n } = useTranslation("history");
  const Icon = ICONS[item.state];
  const status = STATUSES.find((one) => one === item.status) ?? "unknown";
  const reason = item.error && ((i18n.language === "fr" ? item.error.fr : item.error.en) || item.error.text);
  return (
    <span className={`${styles.status} ${styles[item.state]}`}>
      <span>
        <Icon size={14} aria-hidden="true" />
        {t(`status.${status}`)}
      </span>
      {(reason || item.raw) && (
        <small>
          {item.raw && <code title={t("raw", { raw: item.raw })}>{item.raw}</code>} {reason}
        </small>
      )}
    </span>
  );
}
