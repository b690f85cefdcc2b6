import { useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/fetch";
import type { AdminAgent, Skill } from "@/api/routing";
import { typeset } from "@/ui/typeset";
import { useAgentEdits } from "./agentEdits";
import { useTable, type Tables } from "./api";
import type { Column } from "./matrix";
import { Loaded, Section } from "./Section";
import { SkillsMatrix, type MatrixAgent } from "./SkillsMatrix";
import look from "./Routing.module.css";

const CAPACITY = "capacity";

/** Each agent's level in each skill, and how much he takes at once. */
export function LevelsSection() {
  const { t } = useTranslation("admin");
  const table = useTable("agents");
  const skills = useTable("skills");
  return (
    <Section title={t("sections.levels")} lead={t("skills.levelsLead")} table={table}>
      {(data) => <Loaded table={skills}>{({ items }) => <Levels data={data} skills={items} />}</Loaded>}
    </Section>
  );
}

function Levels({ data, skills }: { data: Tables["agents"]; skills: Skill[] }) {
  const { t } = useTranslation("admin");
  const { agents, change, saving, lost } = useAgentEdits(data.items);
  const rows = useRows(agents);
  const columns = useMemo<Column[]>(
    () => [
      { id: CAPACITY, kind: "capacity", name: t("skills.capacity") },
      // With one medium its limit would say the same twice.
      ...(data.media.length > 1 ? data.media.map((id) => ({ id, kind: "medium" as const, name: t("skills.capacityOf", { medium: id.toUpperCase() }) })) : []),
      ...skills.filter((one) => one.is_enabled).map(({ id, name }) => ({ id, kind: "skill" as const, name })),
    ],
    [data.media, skills, t],
  );
  const give = (id: string, column: Column, value: number | null) => {
    const agent = agents.find((one) => one.id === id);
    if (agent) change(agent, column, value);
  };
  const reason = lost?.failure instanceof ApiError && lost.failure.status !== 0 ? typeset(Object.values(lost.failure.fields)[0] || lost.failure.message || t("errorText")) : t("unreachable");
  return (
    <>
      <p role="status" className={look.saved} data-testid="matrix-saved" data-saving={saving}>
        {lost ? <span className={look.lost}>{t("skills.lost", { name: lost.agent.name, reason })}</span> : saving ? t("skills.saving") : t("skills.kept")}
      </p>
      <SkillsMatrix agents={rows} columns={columns} onChange={give} />
    </>
  );
}

/** One row for each agent; the row of an agent who did not change is the one from before. */
function useRows(agents: AdminAgent[]): MatrixAgent[] {
  const kept = useRef(new WeakMap<AdminAgent, MatrixAgent>());
  return agents.map((agent) => {
    const found = kept.current.get(agent);
    if (found) return found;
    const row: MatrixAgent = {
      id: agent.id,
      name: agent.name,
      values: Object.fromEntries([
        [CAPACITY, agent.capacity],
        ...agent.media.map(({ medium, capacity }) => [medium, capacity] as const),
        ...agent.skills.map(({ skill_id, level }) => [skill_id, level] as const),
      ]),
    };
    kept.current.set(agent, row);
    return row;
  });
}
