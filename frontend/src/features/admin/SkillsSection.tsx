import type { TFunction } from "i18next";
import { GraduationCap } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Skill } from "@/api/routing";
import { number } from "@/ui/format";
import { Empty } from "@/ui/States";
import { useTable } from "./api";
import { Section } from "./Section";
import { SideForm } from "./SideForm";
import { EditRow, Table } from "./tables";
import styles from "./Admin.module.css";
import look from "./Routing.module.css";

const LANGUAGES = ["fr", "en"] as const;

/** What agents can do or speak; their levels have a section of their own. */
export function SkillsSection() {
  const { t } = useTranslation("admin");
  const table = useTable("skills");
  const [edited, setEdited] = useState<string | null | undefined>(undefined);
  return (
    <Section title={t("sections.skills")} lead={t("skills.lead")} table={table} add={t("skills.add")} onAdd={() => setEdited(null)} beside={<Link to="/admin/levels">{t("skills.toLevels")}</Link>}>
      {({ items }) => (
        <>
          {items.length === 0 ? (
            <Empty icon={<GraduationCap size={24} />} title={t("skills.none")} text={t("skills.noneText")} />
          ) : (
            <Table heads={[t("field.name"), t("field.language"), t("skills.agents")]} empty={false}>
              {items.map((one) => (
                <EditRow key={one.id} name={one.name} faint={!one.is_enabled} onEdit={() => setEdited(one.id)}>
                  <td>
                    {languageOf(t, one)}
                    {!one.is_enabled && <span className={styles.chip}>{t("skills.off")}</span>}
                  </td>
                  <td className={styles.figure}>{one.agents > 0 ? number(one.agents) : <span className={look.nobody}>{t("skills.nobody")}</span>}</td>
                </EditRow>
              ))}
            </Table>
          )}
          {edited !== undefined && <SkillForm skill={items.find(({ id }) => id === edited) ?? null} onClose={() => setEdited(undefined)} />}
        </>
      )}
    </Section>
  );
}

function languageOf(t: TFunction<"admin">, { language }: Skill): string {
  const known = LANGUAGES.find((one) => one === language);
  return known ? t(`skills.languages.${known}`) : language || "–";
}

function SkillForm({ skill, onClose }: { skill: Skill | null; onClose: () => void }) {
  const { t } = useTranslation("admin");
  return (
    <SideForm
      kind="skills"
      id={skill?.id ?? null}
      title={skill ? t("skills.edit") : t("skills.add")}
      fields={[
        { name: "name", label: t("field.name"), kind: "text", value: skill?.name ?? "" },
        { name: "language", label: t("skills.language"), kind: "text", value: skill?.language ?? "", hint: t("skills.languageHint") },
        { name: "is_enabled", label: t("skills.is_enabled"), kind: "switch", value: skill?.is_enabled ?? true },
      ]}
      onClose={onClose}
    />
  );
}
