import { ListChecks, TriangleAlert } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { AdminQueue } from "@/api/routing";
import { Button } from "@/ui/Button";
import { number } from "@/ui/format";
import { useTable } from "./api";
import { Dispositions } from "./Dispositions";
import { useSchedules } from "./hoursApi";
import { Broken } from "./OfEachLine";
import { queueFields } from "./queueFields";
import { Loaded, Section } from "./Section";
import { SideForm } from "./SideForm";
import { EditRow, Table } from "./tables";
import styles from "./Admin.module.css";
import look from "./Routing.module.css";

const WARNINGS = ["no_agent_has_room", "no_agent_has_skills", "no_agent", "nobody_preferred"] as const;

/** Queues: who answers, in which order, how conversations are given, what comes after them. */
export function QueuesSection() {
  const { t } = useTranslation("admin");
  const table = useTable("queues");
  const skills = useTable("skills");
  const schedules = useSchedules();
  const [edited, setEdited] = useState<string | null | undefined>(undefined);
  const [listed, setListed] = useState<string | null>(null);
  const queue = table.data?.items.find(({ id }) => id === edited) ?? null;
  const of = table.data?.items.find(({ id }) => id === listed);
  return (
    <Section title={t("sections.queues")} lead={t("queues.lead")} table={table} add={t("queues.add")} onAdd={() => setEdited(null)}>
      {({ items, teams, usual_texts }) => (
        <>
          {items.filter((one) => one.is_enabled).map((one) => (
            <Warnings key={one.id} queue={one} />
          ))}
          <Table heads={[t("field.name"), t("queues.strategy"), t("queues.given"), t("queues.priorityHead"), t("queues.waiting"), t("queues.dispositions")]} empty={items.length === 0}>
            {items.map((one) => (
              <EditRow key={one.id} name={one.name} faint={!one.is_enabled} onEdit={() => setEdited(one.id)}>
                <td>
                  {t(`queues.strategies.${one.strategy}`)}
                  {!one.is_enabled && <span className={styles.chip}>{t("off")}</span>}
                  {one.is_enabled && one.warnings.length > 0 && (
                    <span className={look.mark}>
                      <TriangleAlert size={14} aria-hidden="true" />
                      {t("queues.check")}
                    </span>
                  )}
                </td>
                <td>{one.auto_accept ? t("queues.atOnce") : t("queues.offered", { seconds: one.ring_s })}</td>
                <td className={styles.figure}>{number(one.priority)}</td>
                <td className={styles.figure}>{number(one.waiting)}</td>
                <td>
                  <Button
                    look="quiet"
                    square
                    aria-label={t("queues.dispositionsOf", { name: one.name })}
                    icon={<ListChecks size={17} />}
                    onClick={(event) => {
                      event.stopPropagation();
                      setListed(one.id);
                    }}
                    data-testid="dispositions"
                  />
                </td>
              </EditRow>
            ))}
          </Table>
          {edited !== undefined && !skills.data && <Loaded table={skills}>{() => null}</Loaded>}
          {edited !== undefined && skills.data && schedules.isError && !schedules.data && <Broken again={() => void schedules.refetch()} />}
          {edited !== undefined && skills.data && schedules.data && (
            <SideForm
              kind="queues"
              id={edited}
              title={edited === null ? t("queues.add") : t("queues.edit")}
              fields={queueFields(t, queue, { skills: skills.data.items, teams, queues: items, usual: usual_texts, schedules: schedules.data.items })}
              head={queue && <Warnings queue={queue} />}
              onClose={() => setEdited(undefined)}
            />
          )}
          {of && <Dispositions queue={of} onClose={() => setListed(null)} />}
        </>
      )}
    </Section>
  );
}

/** What is wrong with a queue, in a sentence: nobody finds out from a customer who waits for ever. */
function Warnings({ queue }: { queue: AdminQueue }) {
  const { t } = useTranslation("admin");
  return queue.warnings.map((code) => {
    const known = WARNINGS.find((one) => one === code);
    return (
      <p key={code} className={look.warning} data-testid="queue-warning">
        <TriangleAlert size={17} aria-hidden="true" />
        <span>
          <strong>{queue.name}.</strong> {known ? t(`queues.warning.${known}`) : t("queues.warning.other", { code })}
        </span>
      </p>
    );
  });
}
