import { Pin } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { isObserver, useSession } from "@/api/session";
import type { SavedView } from "@/api/types";
import { number } from "@/ui/format";
import { Menu } from "@/ui/Menu";
import { toast } from "@/ui/toasts";
import type { ListFilter } from "./listState";
import { ViewDialog } from "./ViewDialog";
import { COUNTED, useViewDeeds, useViews } from "./viewsApi";
import { givenOf } from "./viewGiven";
import styles from "./Filters.module.css";

const PARTS = ["line", "tag", "queue", "team", "agent"] as const;
const counted = (count: number) => (count >= COUNTED ? `${COUNTED - 1}+` : number(count));

interface OpenProps {
  opened: string | null;
  onView: (id: string) => void;
}

/** The pinned ones, always in sight; and what is wrong with the one that is open. */
export function ViewStrip({ opened, onView }: OpenProps) {
  const { t } = useTranslation("conversationList");
  const views = useViews() ?? [];
  const shown = views.filter((view) => view.pinned || view.id === opened);
  const missing = views.find((view) => view.id === opened)?.missing ?? [];
  if (shown.length === 0) return null;
  return (
    <>
      <div className={styles.strip} role="group" aria-label={t("views.pinned")}>
        {shown.map((view) => <OpenButton key={view.id} view={view} opened={opened} onView={onView} className={styles.chip!} />)}
      </div>
      {missing.length > 0 && (
        <p className={styles.missing} role="status" data-testid="view-missing">
          {t("views.missing", { what: missing.map((part) => t(`views.part.${PARTS.find((one) => one === part) ?? "line"}`)).join(", ") })}
        </p>
      )}
    </>
  );
}

function OpenButton({ view, opened, onView, className }: OpenProps & { view: SavedView; className: string }) {
  const { t } = useTranslation("conversationList");
  return (
    <button type="button" className={className} aria-pressed={view.id === opened} data-testid="saved-view" data-view-id={view.id} onClick={() => onView(view.id)}>
      <span className={styles.name}>{view.name}</span>
      {view.count !== null && (
        <span className={styles.count} data-testid="view-count">
          <span aria-hidden="true">{counted(view.count)}</span>
          <span className="visually-hidden">{t("views.counted", { number: counted(view.count) })}</span>
        </span>
      )}
    </button>
  );
}

/** All that the reader may open, in his order, and what he can do to each. */
export function SavedViews({ filter, opened, onView }: OpenProps & { filter: ListFilter }) {
  const { t } = useTranslation("conversationList");
  const session = useSession();
  const views = useViews();
  const deeds = useViewDeeds();
  const [saving, setSaving] = useState<SavedView | "new" | null>(null);
  if (views === undefined) return <p className={styles.hint}>…</p>;
  const attempt = (deed: Promise<unknown>, done = "") => {
    deed.then(() => done && toast(done), () => toast(t("filters.failedSave"), { bad: true }));
  };
  const moved = (view: SavedView, by: 1 | -1) => {
    const items = views.filter((one) => one.id !== view.id);
    items.splice(Math.max(0, views.indexOf(view) + by), 0, view);
    attempt(deeds.arrange(items));
  };
  const pinned = (view: SavedView) => attempt(deeds.arrange(views.map((one) => (one.id === view.id ? { ...one, pinned: !one.pinned } : one))));
  const actions = (view: SavedView, index: number) => [
    { items: [
      { key: "pin", label: t(view.pinned ? "views.unpin" : "views.pin"), run: () => pinned(view) },
      ...(index > 0 ? [{ key: "up", label: t("views.up"), run: () => moved(view, -1) }] : []),
      ...(index < views.length - 1 ? [{ key: "down", label: t("views.down"), run: () => moved(view, 1) }] : []),
    ] },
    ...(view.mine ? [{ items: [
      { key: "edit", label: t("views.edit"), run: () => setSaving(view) },
      { key: "replace", label: t("views.replace"), run: () => attempt(deeds.save(givenOf(view, filter), view.id), t("views.replaced")) },
      { key: "remove", label: t("views.remove"), danger: true, run: () => attempt(deeds.remove(view.id), t("views.removed")) },
    ] }] : []),
  ]; // prettier-ignore
  return (
    <>
      {views.length === 0 && <p className={styles.hint}>{t("views.none")}</p>}
      <ul className={styles.views}>
        {views.map((view, index) => (
          <li key={view.id}>
            <OpenButton view={view} opened={opened} onView={onView} className={styles.view!} />
            {view.pinned && <Pin size={12} aria-hidden="true" className={styles.pin} />}
            <Menu label={t("views.manage", { name: view.name })} groups={actions(view, index)} align="end" className={styles.dots} testId="view-menu">
              <span aria-hidden="true">⋯</span>
              <span className="visually-hidden">{t("views.manage", { name: view.name })}</span>
            </Menu>
          </li>
        ))}
      </ul>
      {!isObserver(session) && (
        <button type="button" className={styles.more} data-testid="view-save" onClick={() => setSaving("new")}>
          {t("views.save")}
        </button>
      )}
      {saving !== null && <ViewDialog view={saving === "new" ? null : saving} filter={filter} onClose={() => setSaving(null)} onSaved={() => setSaving(null)} />}
    </>
  );
}
