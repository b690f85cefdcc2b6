import { ListFilter as FilterIcon, X } from "lucide-react";
import { useId, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { isObserver, useSession } from "@/api/session";
import { Advanced, ADVANCED } from "./Advanced";
import { countAsked, NOTHING_ASKED, type Asked } from "./asked";
import { LinesDialog } from "./LinesDialog";
import type { ListFilter } from "./listState";
import { SavedViews, ViewStrip } from "./SavedViews";
import styles from "./Filters.module.css";

const PANELS = ["channels", "tags", "advanced", "views"] as const;
type Panel = (typeof PANELS)[number];
const ASKS: Record<Exclude<Panel, "views">, readonly (keyof Asked)[]> = { channels: ["line", "medium"], tags: ["tag"], advanced: ADVANCED };
const EVERYTHING = Object.values(ASKS).flat();
const MEDIA = ["sms", "whatsapp", "email", "webchat"] as const;

interface FilterBarProps {
  filter: ListFilter;
  onFilter: (change: Partial<ListFilter>) => void;
  /** Replaces the whole of what is shown, by a saved view. */
  onView: (id: string) => void;
  /** The saved view that is open. */
  opened: string | null;
  /** Right of the buttons: the order. */
  order: ReactNode;
}

/** Channels, Tags, Advanced and Views: each a button that unfolds its part below; what is chosen is counted on it. */
export function FilterBar({ filter, onFilter, onView, opened, order }: FilterBarProps) {
  const { t } = useTranslation("conversationList");
  const session = useSession();
  const [open, setOpen] = useState<Panel | null>(null);
  const [choosing, setChoosing] = useState(false);
  const id = useId();
  const panels = PANELS.filter((one) => one !== "tags" || !isObserver(session));
  const chosen = countAsked(filter, EVERYTHING);
  const { line_ids } = session.desk;
  return (
    <>
      <div className={styles.bar} role="group" aria-label={t("filters.groups")}>
        {panels.map((panel) => {
          const count = panel === "views" ? 0 : countAsked(filter, ASKS[panel]);
          return (
            <button
              key={panel}
              type="button"
              className={styles.button}
              data-on={count > 0}
              aria-expanded={open === panel}
              aria-controls={open === panel ? id : undefined}
              data-testid={`filter-${panel}`}
              onClick={() => setOpen(open === panel ? null : panel)}
            >
              {t(`filters.${panel}`)}
              {count > 0 && (
                <span className={styles.number}>
                  <span aria-hidden="true">{count}</span>
                  <span className="visually-hidden">{t("filters.active", { count })}</span>
                </span>
              )}
            </button>
          );
        })}
      </div>
      {open !== null && (
        <div
          id={id}
          className={styles.panel}
          role="group"
          aria-label={t(`filters.${open}`)}
          data-testid={`panel-${open}`}
          onKeyDown={(event) => {
            if (event.key !== "Escape") return;
            event.stopPropagation();
            setOpen(null);
            document.querySelector<HTMLElement>(`[data-testid="filter-${open}"]`)?.focus();
          }}
        >
          {open === "channels" && <Channels filter={filter} onFilter={onFilter} onDesk={() => setChoosing(true)} />}
          {open === "tags" && <Tags filter={filter} onFilter={onFilter} />}
          {open === "advanced" && <Advanced filter={filter} onFilter={onFilter} />}
          {open === "views" && <SavedViews filter={filter} opened={opened} onView={onView} />}
        </div>
      )}
      <ViewStrip opened={opened} onView={onView} />
      <div className={styles.below}>
        {order}
        {chosen > 0 && (
          <button type="button" className={styles.clear} data-testid="filter-clear" onClick={() => onFilter(NOTHING_ASKED as never)}>
            <FilterIcon size={13} aria-hidden="true" />
            {t("filters.clear")}
            <X size={13} aria-hidden="true" />
          </button>
        )}
      </div>
      {line_ids !== null && (
        <button type="button" className={styles.desk} data-testid="desk-lines-some" onClick={() => setChoosing(true)}>
          {t("filters.deskSome", { count: line_ids.length, all: session.lines.length })}
        </button>
      )}
      {choosing && <LinesDialog onClose={() => setChoosing(false)} />}
    </>
  );
}

function Channels({ filter, onFilter, onDesk }: Pick<FilterBarProps, "filter" | "onFilter"> & { onDesk: () => void }) {
  const { t } = useTranslation("conversationList");
  const { lines } = useSession();
  const media = [...new Set(lines.map((line) => line.medium))];
  const asked = filter.medium ?? [];
  return (
    <>
      {media.length > 1 && (
        <fieldset>
          <legend>{t("filters.media")}</legend>
          {media.map((medium) => (
            <Check key={medium} checked={asked.includes(medium)} onChange={(on) => onFilter({ medium: changed(asked, medium, on) })}>
              {t(`filters.medium.${MEDIA.find((one) => one === medium) ?? "other"}`)}
            </Check>
          ))}
        </fieldset>
      )}
      <fieldset>
        <legend>{t("filters.lines")}</legend>
        {lines.map((line) => (
          <Check key={line.id} checked={filter.line.includes(line.id)} onChange={(on) => onFilter({ line: changed(filter.line, line.id, on) })}>
            {line.address} · {line.name}
          </Check>
        ))}
      </fieldset>
      <button type="button" className={styles.more} data-testid="desk-lines" onClick={onDesk}>
        {t("filters.desk")}
      </button>
    </>
  );
}

function Tags({ filter, onFilter }: Pick<FilterBarProps, "filter" | "onFilter">) {
  const { t } = useTranslation("conversationList");
  const { tags } = useSession();
  const asked = filter.tag ?? [];
  if (tags.length === 0) return <p className={styles.hint}>{t("filters.noTags")}</p>;
  return (
    <fieldset>
      <legend>{t("filters.anyOfTags")}</legend>
      {tags.map((tag) => (
        <Check key={tag.id} checked={asked.includes(tag.id)} onChange={(on) => onFilter({ tag: changed(asked, tag.id, on) })}>
          {tag.name}
        </Check>
      ))}
    </fieldset>
  );
}

const changed = (values: readonly string[], value: string, on: boolean): string[] => (on ? [...values, value] : values.filter((one) => one !== value));

function Check({ checked, onChange, children }: { checked: boolean; onChange: (on: boolean) => void; children: ReactNode }) {
  return (
    <label className={styles.check}>
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.target.checked)} />
      <span>{children}</span>
    </label>
  );
}
