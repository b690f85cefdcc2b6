import { useTranslation } from "react-i18next";
import type { AuditItem } from "@/api/types";
import { clockTime, fullTime, shortDate } from "@/ui/format";
import { Table } from "./tables";
import styles from "./Admin.module.css";

const FIELDS = [
  "name", "email", "role", "language", "is_active", "password", "address", "bot", "queue_id", "link_ids", "is_enabled",
  "host", "port", "system_id", "secret", "window", "rate_per_s", "adapter",
  "operator", "prefixes", "failover", "failover_after_s", "most_parts", "saver", "answers_after_stop", "added", "changed", "removed", "start", "end", "direction", "state", "number", "text", "reference", "form", "rows", "kind", "size", "taken", "bad", "replaces", "octets", "checks", "tags", "values", "choices",
  "token", "lines", "per_minute",
] as const;
const VERBS = ["created", "changed", "started", "stopped", "drained", "tested", "imported", "removed", "exported", "fetched", "deleted", "uploaded", "upload_begun", "upload_finished", "numbers_changed"] as const;
/** The deed says it all. */
const TOLD = ["started", "stopped", "drained", "tested", "removed", "deleted"];
const ROLES = ["agent", "supervisor", "administrator", "observer"] as const;
const SHOWN = 3;

export function AuditTable({ items }: { items: AuditItem[] }) {
  const { t } = useTranslation("admin");
  return (
    <Table heads={[t("audit.at"), t("audit.actor"), t("audit.action"), t("audit.object"), t("audit.changes")]} empty={items.length === 0} label={t("sections.audit")}>
      {items.map((item, index) => (
        <tr key={item.id ?? index}>
          <td className={styles.when} title={fullTime(item.at)}>
            <time dateTime={item.at}>
              {shortDate(item.at)} {clockTime(item.at)}
            </time>
          </td>
          <td>{item.actor ?? t("audit.system")}</td>
          <td>{t(`audit.${VERBS.find((verb) => item.action.endsWith(`.${verb}`)) ?? "changed"}`)}</td>
          <td>{item.object}</td>
          <td className={styles.changes}>
            {!TOLD.some((verb) => item.action.endsWith(`.${verb}`)) && <Changes changes={item.changes ?? {}} />}
          </td>
        </tr>
      ))}
    </Table>
  );
}

function Changes({ changes }: { changes: Record<string, unknown> }) {
  const { t } = useTranslation("admin");
  const all = Object.entries(changes);
  const nameOf = (field: string) => {
    const known = FIELDS.find((one) => one === field.replace(/^settings\./, ""));
    return known ? t(`field.${known}`) : field;
  };
  const say = (field: string, value: unknown): string => {
    const role = field === "role" && ROLES.find((one) => one === value);
    if (role) return t(`role.${role}`);
    if (field === "language" && (value === "fr" || value === "en")) return t(`languages.${value}`);
    if (value === null || value === undefined || value === "") return "–";
    if (typeof value === "boolean") return value ? t("yes") : t("no");
    if (value === "set") return t("audit.set");
    return Array.isArray(value) ? String(value.length) : typeof value === "object" ? "…" : String(value);
  };
  return (
    <>
      {all.slice(0, SHOWN).map(([field, pair]) => {
        const [before, after] = Array.isArray(pair) ? (pair as unknown[]) : [null, pair];
        return (
          <div key={field}>
            {before === null || before === undefined
              ? t("audit.to", { field: nameOf(field), after: say(field, after) })
              : t("audit.from", { field: nameOf(field), before: say(field, before), after: say(field, after) })}
          </div>
        );
      })}
      {all.length > SHOWN && <div>+{all.length - SHOWN}</div>}
    </>
  );
}
