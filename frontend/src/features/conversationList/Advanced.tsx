import { useId, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "@/api/session";
import type { ConversationStatus } from "@/api/types";
import { fromLocal, toLocal } from "@/ui/format";
import type { Asked } from "./asked";
import type { ListFilter } from "./listState";
import styles from "./Filters.module.css";

export const ADVANCED = ["status", "queue", "team", "agent", "language", "waiting_over", "since", "until", "unread", "failed", "priority"] as const satisfies (keyof Asked)[];
const STATUSES: ConversationStatus[] = ["bot", "queued", "open", "snoozed", "closed"];
const WAITS_MIN = [5, 15, 30, 60, 240, 1440];
const DAY_MS = 24 * 3600 * 1000;

interface AdvancedProps {
  filter: ListFilter;
  onFilter: (change: Partial<ListFilter>) => void;
}

/** Everything else that a list can be narrowed to. Days are those of the organisation's time zone, both included. */
export function Advanced({ filter, onFilter }: AdvancedProps) {
  const { t, i18n } = useTranslation("conversationList");
  const session = useSession();
  const languages = new Intl.DisplayNames([i18n.language], { type: "language" });
  const wait = filter.waiting_over === undefined ? "" : String(filter.waiting_over);
  const waits = WAITS_MIN.map((minutes) => String(minutes * 60));
  return (
    <div className={styles.grid}>
      {filter.view === "all" && (
        <Choice name="status" label={t("statusFilter")} value={filter.status ?? ""} onChange={(value) => onFilter({ status: (value || null) as ConversationStatus | null })}>
          {STATUSES.map((one) => <option key={one} value={one}>{t(`status.${one}`)}</option>)}
        </Choice>
      )}
      <Choice name="queue" label={t("filters.queue")} value={filter.queue ?? ""} onChange={(value) => onFilter({ queue: value || undefined })}>
        {session.queues.map((one) => <option key={one.id} value={one.id}>{one.name}</option>)}
      </Choice>
      {session.teams.length > 0 && (
        <Choice name="team" label={t("filters.team")} value={filter.team ?? ""} onChange={(value) => onFilter({ team: value || undefined })}>
          {session.teams.map((one) => <option key={one.id} value={one.id}>{one.name}</option>)}
        </Choice>
      )}
      {(filter.view === "all" || filter.agent) && (
        <Choice name="agent" label={t("filters.agent")} value={filter.agent ?? ""} onChange={(value) => onFilter({ agent: value || undefined })}>
          {session.agents.map((one) => <option key={one.id} value={one.id}>{one.name}</option>)}
        </Choice>
      )}
      <Choice name="language" label={t("filters.language")} value={filter.language ?? ""} onChange={(value) => onFilter({ language: value || undefined })}>
        {session.organisation.languages.map((one) => <option key={one} value={one}>{languages.of(one)}</option>)}
      </Choice>
      <Choice name="waiting_over" label={t("filters.waitingOver")} value={wait} onChange={(value) => onFilter({ waiting_over: value === "" ? undefined : Number(value) })}>
        {[...waits, ...(wait !== "" && !waits.includes(wait) ? [wait] : [])].map((one) => (
          <option key={one} value={one}>{Number(one) < 3600 ? t("filters.minutes", { count: Math.round(Number(one) / 60) }) : t("filters.hours", { count: Math.round(Number(one) / 3600) })}</option>
        ))}
      </Choice>
      <Day name="since" label={t("filters.since")} value={filter.since ? toLocal(filter.since).slice(0, 10) : ""} onChange={(day) => onFilter({ since: fromLocal(`${day}T00:00`) ?? undefined })} />
      <Day
        name="until"
        label={t("filters.until")}
        value={filter.until ? toLocal(new Date(Date.parse(filter.until) - 1).toISOString()).slice(0, 10) : ""}
        onChange={(day) => onFilter({ until: fromLocal(`${dayAfter(day)}T00:00`) ?? undefined })}
      />
      <Mark name="unread" checked={filter.unread === true} onChange={(on) => onFilter({ unread: on || undefined })}>{t("filters.unread")}</Mark>
      <Mark name="failed" checked={filter.failed === true} onChange={(on) => onFilter({ failed: on || undefined })}>{t("filters.failed")}</Mark>
      <Mark name="priority" checked={filter.priority !== undefined} onChange={(on) => onFilter({ priority: on ? 1 : undefined })}>{t("filters.urgent")}</Mark>
    </div>
  );
}

function dayAfter(day: string): string {
  const at = Date.parse(`${day}T00:00Z`);
  return Number.isNaN(at) ? "" : new Date(at + DAY_MS).toISOString().slice(0, 10);
}

function Choice({ name, label, value, onChange, children }: { name: string; label: string; value: string; onChange: (value: string) => void; children: ReactNode }) {
  const { t } = useTranslation("conversationList");
  const id = useId();
  return (
    <>
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChange(event.target.value)} data-testid={`asked-${name}`}>
        <option value="">{t("filters.any")}</option>
        {children}
      </select>
    </>
  );
}

function Day({ name, label, value, onChange }: { name: string; label: string; value: string; onChange: (day: string) => void }) {
  const id = useId();
  return (
    <>
      <label htmlFor={id}>{label}</label>
      <input id={id} type="date" value={value} onChange={(event) => onChange(event.target.value)} data-testid={`asked-${name}`} />
    </>
  );
}

function Mark({ name, checked, onChange, children }: { name: string; checked: boolean; onChange: (on: boolean) => void; children: ReactNode }) {
  return (
    <label className={`${styles.check} ${styles.wide}`}>
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.target.checked)} data-testid={`asked-${name}`} />
      <span>{children}</span>
    </label>
  );
}
