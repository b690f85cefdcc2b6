import { AlertTriangle, CircleCheck, CircleDashed, CirclePause } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "@/api/session";
import type { AdminLine, AdminLink, LinkLive } from "@/api/types";
import { useSecondsSince } from "@/realtime/clock";
import { duration, number } from "@/ui/format";
import { useTable } from "./api";
import { readTrouble } from "./linkTrouble";
import styles from "./Admin.module.css";

interface TableProps<T> {
  items: T[];
  onEdit: (id: string) => void;
}

/** `label`: of a table without buttons, which the keyboard could otherwise not scroll. */
export function Table({ heads, children, empty, label }: { heads: string[]; children: ReactNode; empty: boolean; label?: string }) {
  const { t } = useTranslation("admin");
  return (
    <div className={styles.table} {...(label ? { role: "region", "aria-label": label, tabIndex: 0 } : {})}>
      <table>
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
      {empty && <p className={styles.none}>{t("none")}</p>}
    </div>
  );
}

/** The name is the button; the whole row answers a click. */
export function EditRow({ onEdit, name, before, faint, children }: { onEdit: () => void; name: string; before?: ReactNode; faint?: boolean; children: ReactNode }) {
  return (
    <tr className={`${styles.clickable} ${faint ? styles.faint : ""}`} onClick={onEdit}>
      <th scope="row">
        <button
          type="button"
          className={styles.name}
          onClick={(event) => {
            event.stopPropagation();
            onEdit();
          }}
        >
          {before}
          {name}
        </button>
      </th>
      {children}
    </tr>
  );
}

export function LinesTable({ items, onEdit }: TableProps<AdminLine>) {
  const { t } = useTranslation("admin");
  const { queues } = useSession();
  const links = useTable("links").data?.items ?? [];
  return (
    <Table heads={[t("field.address"), t("field.name"), t("field.bot"), t("field.queue_id"), t("sections.links")]} empty={items.length === 0}>
      {items.map((line) => (
        <EditRow key={line.id} name={line.address} faint={!line.is_enabled} onEdit={() => onEdit(line.id)}>
          <td>
            {line.name}
            {!line.is_enabled && <span className={styles.chip}>{t("off")}</span>}
          </td>
          <td>{line.bot || "–"}</td>
          <td>{queues.find((queue) => queue.id === line.queue_id)?.name ?? "–"}</td>
          <td className={styles.several}>{line.link_ids.map((id) => links.find((link) => link.id === id)?.name).filter(Boolean).join(", ") || "–"}</td>
        </EditRow>
      ))}
    </Table>
  );
}

export function LinksTable({ items, onEdit }: TableProps<AdminLink>) {
  const { t } = useTranslation("admin");
  return (
    <Table heads={[t("field.name"), t("field.state"), t("field.host"), t("field.queued"), t("field.sent")]} empty={items.length === 0}>
      {items.map((link) => (
        <EditRow key={link.id} name={link.name} onEdit={() => onEdit(link.id)}>
          <td>{link.live && <Live live={link.live} />}</td>
          <td>
            {String(link.settings.host ?? link.settings.url ?? link.settings.account_sid ?? "")}
            {link.settings.port ? `:${String(link.settings.port)}` : ""}
          </td>
          <td className={styles.figure}>{number(link.live?.queued ?? 0)}</td>
          <td className={styles.figure}>{number(link.live?.sent ?? 0)}</td>
        </EditRow>
      ))}
    </Table>
  );
}

const STATES = ["bound", "connecting", "unbound", "failed", "draining", "drained", "disabled"] as const;

export function Live({ live }: { live: Pick<LinkLive, "state" | "since" | "error"> }) {
  const { t } = useTranslation("admin");
  const state = STATES.find((one) => one === live.state) ?? "unbound";
  const Icon = { bound: CircleCheck, failed: AlertTriangle, unbound: AlertTriangle, disabled: CirclePause, connecting: CircleDashed, draining: CircleDashed, drained: CirclePause }[state];
  return (
    <div className={`${styles.live} ${styles[state]}`}>
      <p>
        <Icon size={15} aria-hidden="true" />
        {t(`live.${state}`)}
        {live.since && state !== "disabled" && <Since at={live.since} />}
      </p>
      {live.error && <Trouble error={live.error} />}
    </div>
  );
}

/** In words; the gateway's own sentence, which an operator's support asks for, stays within reach. */
function Trouble({ error }: { error: string }) {
  const { t } = useTranslation("admin");
  const { key, ...facts } = readTrouble(error);
  return <small title={error}>{t(`trouble.${key}`, { where: "", detail: "", ...facts })}</small>;
}

function Since({ at }: { at: string }) {
  const { t } = useTranslation("admin");
  return <span className={styles.since}>{t("liveSince", { time: duration(useSecondsSince(at)) })}</span>;
}
