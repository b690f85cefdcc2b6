import { ArrowDown, ArrowUp, GripVertical, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { FilterCompare, FilterKind } from "@/api/types";
import { Button } from "@/ui/Button";
import { typeset } from "@/ui/typeset";
import { ofKind, type DraftCheck } from "./filterDraft";
import { useLists } from "./ListsSection";
import { useAttributes, useTags } from "./TagsSection";
import { WayFields } from "./WayFields";
import styles from "./Admin.module.css";
import look from "./Filter.module.css";

const KINDS: FilterKind[] = ["in_list", "not_in_list", "tag", "attribute", "language", "hours", "keyword"];
const COMPARES: FilterCompare[] = ["is", "is_not", "less", "more", "set", "unset"];

interface CheckCardProps {
  check: DraftCheck;
  /** From 1. */
  place: number;
  last: boolean;
  hasBot: boolean;
  refusal: string | null;
  onChange: (check: DraftCheck) => void;
  onUp: () => void;
  onDown: () => void;
  onRemove: () => void;
  onDragStart: () => void;
  onDragEnd: () => void;
}

/** One check. It is moved by its handle, or by its buttons. */
export function CheckCard({ check, place, last, hasBot, refusal, onChange, onUp, onDown, onRemove, onDragStart, onDragEnd }: CheckCardProps) {
  const { t } = useTranslation("admin");
  const id = `check-${check.key}`;
  const set = (fields: Partial<DraftCheck>) => onChange({ ...check, ...fields });
  return (
    <>
      <div className={look.checkHead}>
        <span
          className={look.grip}
          draggable
          title={t("filter.drag", { place })}
          data-testid="grip"
          onDragStart={(event) => {
            event.dataTransfer.effectAllowed = "move";
            event.dataTransfer.setData("text/plain", String(place));
            onDragStart();
          }}
          onDragEnd={onDragEnd}
        >
          <GripVertical size={16} aria-hidden="true" />
        </span>
        <h3>{check.name || t("filter.check", { place })}</h3>
        <Button look="quiet" size="small" square data-deed="up" aria-label={t("filter.up", { place })} icon={<ArrowUp size={16} />} disabled={place === 1} onClick={onUp} />
        <Button look="quiet" size="small" square data-deed="down" aria-label={t("filter.down", { place })} icon={<ArrowDown size={16} />} disabled={last} onClick={onDown} />
        <Button look="quiet" size="small" square aria-label={t("filter.remove", { place })} icon={<X size={16} />} onClick={onRemove} />
      </div>
      <div className={look.fields}>
        <div className={styles.field}>
          <label htmlFor={`${id}-kind`}>{t("filter.kind")}</label>
          <select id={`${id}-kind`} value={check.kind} onChange={(event) => onChange(ofKind(check, event.target.value as FilterKind))}>
            {KINDS.map((one) => (
              <option key={one} value={one}>{t(`filter.kinds.${one}`)}</option>
            ))}
          </select>
        </div>
        <Subject id={id} check={check} set={set} />
        <div className={styles.field}>
          <label htmlFor={`${id}-name`}>{t("filter.name")}</label>
          <input id={`${id}-name`} value={check.name} maxLength={80} onChange={(event) => set({ name: event.target.value })} />
        </div>
      </div>
      <WayFields id={id} way={check.way} hasBot={hasBot} onChange={(way) => set({ way })} />
      {refusal && <p className={styles.error}>{typeset(refusal)}</p>}
    </>
  );
}

/** What is asked about somebody: by a check, or by a condition of a rule. */
export type Question = Pick<DraftCheck, "kind" | "thing_id" | "compare" | "value" | "words">;

interface SubjectProps {
  id: string;
  check: Question;
  set: (fields: Partial<Question>) => void;
}

/** What the check asks about. */
export function Subject({ id, check, set }: SubjectProps) {
  const { t } = useTranslation("admin");
  const lists = useLists().data?.items ?? [];
  const tags = useTags().data?.items ?? [];
  const attributes = useAttributes().data?.items ?? [];
  const things = { in_list: lists, not_in_list: lists, tag: tags, attribute: attributes, language: null, hours: null, keyword: null }[check.kind];
  if (check.kind === "language" || check.kind === "hours") {
    const choices = check.kind === "language" ? (["fr", "en"] as const).map((one) => ({ value: one, label: t(`filter.languages.${one}`) })) : (["open", "closed"] as const).map((one) => ({ value: one, label: t(`filter.hours.${one}`) }));
    return (
      <div className={styles.field}>
        <label htmlFor={`${id}-value`}>{t("filter.value")}</label>
        <select id={`${id}-value`} value={check.value} onChange={(event) => set({ value: event.target.value })}>
          {choices.map(({ value, label }) => (
            <option key={value} value={value}>{label}</option>
          ))}
        </select>
      </div>
    );
  }
  if (check.kind === "keyword")
    return (
      <div className={styles.field}>
        <label htmlFor={`${id}-words`}>{t("filter.words")}</label>
        <input id={`${id}-words`} value={check.words} onChange={(event) => set({ words: event.target.value })} />
      </div>
    );
  return (
    <>
      <div className={styles.field}>
        <label htmlFor={`${id}-thing`}>{t("filter.which")}</label>
        <select id={`${id}-thing`} value={check.thing_id ?? ""} onChange={(event) => set({ thing_id: event.target.value || null })}>
          <option value="">{t("filter.choose")}</option>
          {(things ?? []).map((one) => (
            <option key={one.id} value={one.id}>{one.name}</option>
          ))}
        </select>
        {(check.kind === "in_list" || check.kind === "not_in_list") && lists.length === 0 && <p className={styles.hint}>{t("filter.noLists")}</p>}
      </div>
      {check.kind === "attribute" && <Comparison id={id} check={check} set={set} attribute={attributes.find((one) => one.id === check.thing_id)} />}
    </>
  );
}

function Comparison({ id, check, set, attribute }: SubjectProps & { attribute: { type: string; choices: string[] } | undefined }) {
  const { t } = useTranslation("admin");
  const ordered = attribute?.type === "number" || attribute?.type === "date";
  const choices = attribute?.type === "boolean" ? [{ value: "true", label: t("yes") }, { value: "false", label: t("no") }] : (attribute?.choices ?? []).map((one) => ({ value: one, label: one }));
  return (
    <>
      <div className={styles.field}>
        <label htmlFor={`${id}-compare`}>{t("filter.compare")}</label>
        <select id={`${id}-compare`} value={check.compare} onChange={(event) => set({ compare: event.target.value as FilterCompare })}>
          {COMPARES.filter((one) => ordered || (one !== "less" && one !== "more") || one === check.compare).map((one) => (
            <option key={one} value={one}>{t(`filter.compares.${one}`)}</option>
          ))}
        </select>
      </div>
      {check.compare !== "set" && check.compare !== "unset" && (
        <div className={styles.field}>
          <label htmlFor={`${id}-value`}>{t("filter.value")}</label>
          {choices.length > 0 ? (
            <select id={`${id}-value`} value={check.value} onChange={(event) => set({ value: event.target.value })}>
              <option value="">{t("filter.choose")}</option>
              {choices.map(({ value, label }) => (
                <option key={value} value={value}>{label}</option>
              ))}
            </select>
          ) : (
            <input id={`${id}-value`} type={attribute?.type === "date" ? "date" : "text"} value={check.value} maxLength={300} onChange={(event) => set({ value: event.target.value })} />
          )}
        </div>
      )}
    </>
  );
}
