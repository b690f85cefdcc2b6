import { useTranslation } from "react-i18next";
import type { AuditItem } from "@/api/types";
import { clockTime, fullTime, shortDate } from "@/ui/format";
import { auditWords } from "./auditWords";
import { Table } from "./tables";
import styles from "./Admin.module.css";

const VERBS = [
  "signed_in", "try_failed", "factor_added", "factor_removed", "factors_reset", "codes_made", "sessions_ended", "password_changed", "password_set", "link_made", "tries_forgiven",
 "created", "changed", "started", "stopped", "drained", "tested", "imported", "removed", "exported", "fetched", "deleted", "uploaded", "upload_begun", "upload_finished", "numbers_changed", "note_added", "note_edited", "note_deleted", "unblocked", "blocked", "merged", "split", "state_forced", "reassigned", "published", "trained", "discarded", "rehearsal", "labelled", "drafted", "submitted", "approved", "refused", "withdrawn", "brought_back"] as const;
/** The deed says it all. */
const TOLD = ["started", "stopped", "drained", "tested", "removed", "deleted", "submitted", "withdrawn", "note_added", "note_edited", "note_deleted", "unblocked", "merged", "split"];
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
  const { t: tState } = useTranslation("presence");
  const words = auditWords(t, tState);
  const all = Object.entries(changes).filter(([name]) => words.isTold(name));
  return (
    <>
      {all.slice(0, SHOWN).map(([name, pair]) => {
        const [before, after] = Array.isArray(pair) ? (pair as unknown[]) : [null, pair];
        const field = words.field(name);
        const said = { before: words.value(name, before), after: words.value(name, after) };
        return (
          <div key={name}>
            {before === null || before === undefined
              ? t("audit.to", { field, after: said.after })
              : said.before === said.after
                ? t("audit.otherwise", { field })
                : t("audit.from", { field, ...said })}
          </div>
        );
      })}
      {all.length > SHOWN && <div>+{all.length - SHOWN}</div>}
    </>
  );
}
