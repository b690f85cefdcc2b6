import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Rules } from "./wording";
import { wordingOf } from "./wording";
import type { Choice } from "./useQuick";
import styles from "./Quick.module.css";

interface QuickListProps {
  id: string;
  choices: readonly Choice[];
  active: number;
  /** The whole text as it would stand with the active choice in it. */
  preview: string;
  /** What it costs now. */
  parts: number;
  rules: Rules | null;
  label: string;
  empty: string | null;
  onHover: (index: number) => void;
  onChoose: (choice: Choice) => void;
}

export const optionId = (id: string, index: number) => `${id}-${index}`;

/** Above the field: what may be put in, the active one with what it makes of the text. The focus stays in the field. */
export function QuickList({ id, choices, active, preview, parts, rules, label, empty, onHover, onChoose }: QuickListProps) {
  const { t } = useTranslation("quick");
  const list = useRef<HTMLUListElement>(null);
  const shown = choices[active];
  useEffect(() => {
    list.current?.children[active]?.scrollIntoView?.({ block: "nearest" });
  }, [active, choices]);
  const cost = rules && shown ? wordingOf(preview, rules).count : null;
  return (
    <div className={styles.quick} data-testid="quick">
      {/* Reached by Tab, so that whoever has only keys may scroll it, too. */}
      <ul ref={list} id={id} role="listbox" tabIndex={0} aria-label={label} className={styles.list}>
        {choices.map((one, index) => (
          <li
            key={one.key}
            id={optionId(id, index)}
            role="option"
            aria-selected={index === active}
            className={index === active ? `${styles.one} ${styles.active}` : styles.one}
            // The field keeps the focus: a click is no reason to leave it.
            onMouseDown={(event) => event.preventDefault()}
            onMouseMove={() => index !== active && onHover(index)}
            onClick={() => onChoose(one)}
            data-testid="quick-one"
          >
            {one.sign && <span className={styles.sign} aria-hidden="true">{one.sign}</span>}
            <bdi className={styles.title}>{one.title}</bdi>
            {one.hint && <code className={styles.hint}>{one.hint}</code>}
            {one.mark && <span className={styles.mark}>{one.mark}</span>}
          </li>
        ))}
      </ul>
      {empty !== null && <p className={styles.empty}>{empty}</p>}
      {shown && (
        <div className={styles.foot}>
          {shown.body !== undefined && (
            <p className={styles.preview} dir="auto" data-testid="quick-preview">
              <span className="visually-hidden">{t("preview")}: </span>
              {shown.body}
            </p>
          )}
          <p className={styles.facts}>
            {shown.missing && shown.missing.length > 0 && <b className={styles.lacks}>{t("lacks", { names: shown.missing.join(", ") })}</b>}
            {cost && (
              <span data-testid="quick-cost" className={cost.encoding === "ucs2" ? styles.lacks : ""}>
                {t("cost", { count: cost.parts })}
                {cost.encoding === "ucs2" && ` · ${t("unicode")}`}
                {cost.parts > parts && parts > 0 && ` · ${t("more", { count: cost.parts - parts })}`}
              </span>
            )}
            <span className={styles.keys}>{t("keys")}</span>
          </p>
        </div>
      )}
    </div>
  );
}
