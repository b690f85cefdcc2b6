import { Minus, Plus, Search } from "lucide-react";
import { memo, useCallback, useDeferredValue, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { Avatar } from "@/ui/Avatar";
import { Button } from "@/ui/Button";
import { capacityOf, LEVELS, levelOf, MOST_CAPACITY, movedBy, type Column, type Typed } from "./matrix";
import styles from "./Admin.module.css";
import look from "./Matrix.module.css";

export interface MatrixAgent {
  id: string;
  name: string;
  /** By column. A skill that is not there he does not have; a medium that is not there has no limit of its own. */
  values: Record<string, number>;
}

interface SkillsMatrixProps {
  agents: MatrixAgent[];
  columns: Column[];
  /** null: no longer any. */
  onChange: (agentId: string, column: Column, value: number | null) => void;
}

/** Which cell has the focus: by whose it is, not by where it stands. The table may be sorted anew under a reader's eyes. */
interface Chosen {
  agentId: string;
  columnId: string;
}

const plain = (text: string) => text.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase();

/**
 * Agents down, skills across, a level in each cell. One cell has the focus: arrows move it, a digit fills it, and the
 * buttons above do the same for a finger or a mouse.
 */
export function SkillsMatrix({ agents, columns, onChange }: SkillsMatrixProps) {
  const { t } = useTranslation("admin");
  const [wanted, setWanted] = useState("");
  const asked = plain(useDeferredValue(wanted.trim()));
  const shown = useMemo(() => (asked === "" ? agents : agents.filter(({ name }) => plain(name).includes(asked))), [agents, asked]);
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const [said, setSaid] = useState("");
  const typed = useRef<Typed | null>(null);
  const grid = useRef<HTMLTableElement>(null);
  const row = Math.max(0, shown.findIndex(({ id }) => id === chosen?.agentId));
  const at = Math.max(0, columns.findIndex(({ id }) => id === chosen?.columnId));
  const agent = shown[row];
  const column = columns[at]!;
  const value = agent?.values[column.id] ?? null;

  const inWords = (one: number | null) =>
    column.kind === "skill" ? (one ? String(one) : t("skills.noLevel")) : one === null ? t("skills.noLimit") : String(one);
  const give = (one: MatrixAgent, to: number | null) => {
    const next = column.kind === "skill" && to === 0 ? null : to;
    if (next === (one.values[column.id] ?? null)) return;
    onChange(one.id, column, next);
    // The cell changes under the reader's feet: what it now holds is said.
    setSaid(column.kind === "skill" ? t("skills.told", { level: inWords(next) }) : t("skills.toldCapacity", { capacity: inWords(next) }));
  };

  const choose = useCallback((agentId: string, columnId: string) => setChosen({ agentId, columnId }), []);

  const press = (event: KeyboardEvent) => {
    if (!agent || event.altKey || event.metaKey) return;
    const to = movedBy(event.nativeEvent, { row, column: at }, { rows: shown.length, columns: columns.length });
    if (to) {
      event.preventDefault();
      // The focus that arrives there chooses it.
      grid.current?.querySelector<HTMLElement>(`[data-cell="${to.row}.${to.column}"]`)?.focus();
      return;
    }
    if (event.ctrlKey) return;
    if (column.kind === "skill") {
      const level = levelOf(event.nativeEvent, value ?? 0);
      if (level === null) return;
      event.preventDefault();
      give(agent, level);
      return;
    }
    const given = capacityOf(event.nativeEvent, {
      now: value, cell: `${agent.id} ${column.id}`, optional: column.kind === "medium", before: typed.current, at: event.timeStamp,
    });
    if (!given) return;
    event.preventDefault();
    typed.current = given.typed;
    give(agent, given.value);
  };

  return (
    <>
      <div className={look.above}>
        <label className={`${styles.field} ${look.search}`}>
          <Search size={16} aria-hidden="true" />
          <span className="visually-hidden">{t("skills.find")}</span>
          <input type="search" value={wanted} placeholder={t("skills.find")} onChange={(event) => setWanted(event.target.value)} data-testid="matrix-search" />
        </label>
        {agent && (
          <div className={look.tools} role="group" aria-label={t("skills.change")} data-testid="matrix-tools">
            <p className={look.which}>
              <strong>{agent.name}</strong> · {column.name}
            </p>
            {column.kind === "skill" ? (
              <div className={look.levels}>
                {[0, ...LEVELS].map((one) => (
                  <button key={one} type="button" aria-pressed={(value ?? 0) === one} className={look.level} onClick={() => give(agent, one)}>
                    {one === 0 ? t("skills.noLevel") : one}
                  </button>
                ))}
              </div>
            ) : (
              <div className={look.levels}>
                <Button square size="small" aria-label={t("skills.less")} icon={<Minus size={15} />} disabled={(value ?? 0) <= 0} onClick={() => give(agent, (value ?? 0) - 1)} />
                <output className={look.capacity}>{inWords(value)}</output>
                <Button square size="small" aria-label={t("skills.more")} icon={<Plus size={15} />} disabled={(value ?? 0) >= MOST_CAPACITY} onClick={() => give(agent, (value ?? 0) + 1)} />
              </div>
            )}
          </div>
        )}
      </div>
      <p id="matrix-keys" className={`${styles.hint} ${look.keys}`}>
        {t("skills.keys")}
      </p>
      {shown.length === 0 ? (
        <p className={styles.none}>{agents.length === 0 ? t("skills.noAgents") : t("skills.nobodyFound")}</p>
      ) : (
        <div className={look.frame}>
          <table ref={grid} role="grid" className={look.grid} aria-label={t("skills.matrix")} aria-describedby="matrix-keys" onKeyDown={press} data-testid="matrix">
            <thead>
              <tr role="row">
                <th scope="col" role="columnheader" className={look.who}>
                  {t("skills.agent")}
                </th>
                {columns.map(({ id, name }) => (
                  <th key={id} scope="col" role="columnheader" title={name}>
                    <span className={look.skill}>{name}</span>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {shown.map((one, index) => (
                <AgentCells key={one.id} agent={one} columns={columns} row={index} active={index === row ? at : -1} onChoose={choose} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <p className="visually-hidden" aria-live="polite">
        {said}
      </p>
    </>
  );
}

interface AgentCellsProps {
  agent: MatrixAgent;
  columns: Column[];
  row: number;
  /** The column that the Tab key reaches; -1: another row has it. */
  active: number;
  onChoose: (agentId: string, columnId: string) => void;
}

/** Sixty rows of twenty: only the rows that changed are drawn again. */
const AgentCells = memo(function AgentCells({ agent, columns, row, active, onChoose }: AgentCellsProps) {
  return (
    <tr role="row" data-testid="matrix-row">
      <th scope="row" role="rowheader" className={look.who}>
        <span>
          <Avatar name={agent.name} size={22} />
          <span className={look.name} title={agent.name}>
            {agent.name}
          </span>
        </span>
      </th>
      {columns.map(({ id, kind }, column) => {
        const value = agent.values[id];
        return (
          <td
            key={id}
            role="gridcell"
            tabIndex={active === column ? 0 : -1}
            className={look.cell}
            data-cell={`${row}.${column}`}
            data-kind={kind}
            data-level={kind === "skill" ? (value ?? 0) : undefined}
            onFocus={() => onChoose(agent.id, id)}
          >
            {value ?? <span aria-hidden="true">{kind === "medium" ? "∞" : "·"}</span>}
          </td>
        );
      })}
    </tr>
  );
});
