import { useTranslation } from "react-i18next";
import type { FullReply as Reply, QueueSkill, Skill } from "@/api/routing";
import { LEVELS } from "./matrix";
import look from "./Routing.module.css";

interface SkillLevelsProps {
  skills: Skill[];
  asked: QueueSkill[];
  onChange: (asked: QueueSkill[]) => void;
}

/** Each skill with the level below which nobody comes, and the one that comes first. */
export function SkillLevels({ skills, asked, onChange }: SkillLevelsProps) {
  const { t } = useTranslation("admin");
  if (skills.length === 0) return null;
  const of = (id: string) => asked.find(({ skill_id }) => skill_id === id) ?? { skill_id: id, least: 0, preferred: 0 };
  const put = (id: string, change: Partial<QueueSkill>) => {
    const next = { ...of(id), ...change };
    const others = asked.filter(({ skill_id }) => skill_id !== id);
    onChange(next.least === 0 && next.preferred === 0 ? others : [...others, next]);
  };
  return (
    <table className={look.skills}>
      <thead>
        <tr>
          <td />
          <th scope="col">{t("queues.least")}</th>
          <th scope="col">{t("queues.preferred")}</th>
        </tr>
      </thead>
      <tbody>
        {skills.map(({ id, name }) => (
          <tr key={id}>
            <th scope="row">{name}</th>
            <td>
              <Level label={t("queues.skillLeast", { skill: name })} value={of(id).least} onChange={(least) => put(id, { least })} />
            </td>
            <td>
              <Level label={t("queues.skillPreferred", { skill: name })} value={of(id).preferred} onChange={(preferred) => put(id, { preferred })} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Level({ label, value, onChange }: { label: string; value: number; onChange: (level: number) => void }) {
  const { t } = useTranslation("admin");
  return (
    <select aria-label={label} value={value} onChange={(event) => onChange(Number(event.target.value))}>
      <option value={0}>{t("queues.any")}</option>
      {LEVELS.map((level) => (
        <option key={level} value={level}>
          {level}
        </option>
      ))}
    </select>
  );
}

/** One text for each language. */
export function FullReply({ reply, onChange }: { reply: Reply; onChange: (reply: Reply) => void }) {
  const { t } = useTranslation("admin");
  return (["fr", "en"] as const).map((language) => (
    <label key={language} className={look.reply}>
      {t(`queues.language.${language}`)}
      <textarea rows={3} lang={language} maxLength={320} value={reply[language] ?? ""} onChange={(event) => onChange({ ...reply, [language]: event.target.value })} />
    </label>
  ));
}
