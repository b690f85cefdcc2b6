import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { CountsAs, Reason } from "@/api/routing";
import { STATES, stateName } from "@/api/states";
import { useTable } from "./api";
import { Section } from "./Section";
import { SideForm } from "./SideForm";
import { EditRow, Table } from "./tables";
import styles from "./Admin.module.css";

const COUNTS_AS: CountsAs[] = ["ready", "work", "pause", "absent"];

/** What agents may say of themselves, in the order of their menu. */
export function StatesSection() {
  const { t, i18n } = useTranslation("admin");
  const table = useTable("reasons");
  const [edited, setEdited] = useState<string | null | undefined>(undefined);
  const stateOf = (one: Reason) => STATES.find((state) => state === one.state) ?? "available";
  return (
    <Section title={t("sections.states")} lead={t("states.lead")} table={table} add={t("states.add")} onAdd={() => setEdited(null)}>
      {({ items }) => (
        <>
          <Table heads={[t("field.name"), t("states.state"), t("states.counts_as"), t("states.takes_work")]} empty={items.length === 0}>
            {items.map((one) => (
              <EditRow key={one.id} name={stateName(one.name, i18n.language)} faint={!one.is_enabled} onEdit={() => setEdited(one.id)}>
                <td>
                  {t(`states.stateOf.${stateOf(one)}`)}
                  {!one.is_enabled && <span className={styles.chip}>{t("skills.off")}</span>}
                </td>
                <td>{t(`states.countsAs.${one.counts_as}`)}</td>
                <td>{one.takes_work ? t("yes") : t("no")}</td>
              </EditRow>
            ))}
          </Table>
          {edited !== undefined && <StateForm reason={items.find(({ id }) => id === edited) ?? null} place={items.length} onClose={() => setEdited(undefined)} />}
        </>
      )}
    </Section>
  );
}

function StateForm({ reason, place, onClose }: { reason: Reason | null; place: number; onClose: () => void }) {
  const { t } = useTranslation("admin");
  return (
    <SideForm
      kind="reasons"
      id={reason?.id ?? null}
      title={reason ? t("states.edit") : t("states.add")}
      fields={[
        { name: "name", label: t("field.name"), kind: "text", value: reason?.name ?? "" },
        {
          name: "state", label: t("states.state"), kind: "select", value: reason?.state ?? "break", hint: t("states.stateHint"),
          options: STATES.map((value) => ({ value, label: t(`states.stateOf.${value}`) })),
        },
        {
          name: "counts_as", label: t("states.counts_as"), kind: "select", value: reason?.counts_as ?? "pause",
          options: COUNTS_AS.map((value) => ({ value, label: t(`states.countsAs.${value}`) })),
        },
        { name: "position", label: t("states.position"), kind: "number", value: String(reason?.position ?? place) },
        { name: "is_enabled", label: t("states.is_enabled"), kind: "switch", value: reason?.is_enabled ?? true },
      ]}
      onClose={onClose}
    />
  );
}
