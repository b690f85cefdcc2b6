import { useTranslation } from "react-i18next";
import { useSession } from "@/api/session";
import type { FilterOutcome, FilterWay } from "@/api/types";
import styles from "./Admin.module.css";
import look from "./Filter.module.css";

const OUTCOMES: FilterOutcome[] = ["admit", "queue", "answer", "bot"];

/** What becomes of a subscriber. `id` makes its fields' ids. */
export function WayFields({ id, way, hasBot, onChange }: { id: string; way: FilterWay; hasBot: boolean; onChange: (way: FilterWay) => void }) {
  const { t } = useTranslation("admin");
  const { queues } = useSession();
  const set = (fields: Partial<FilterWay>) => onChange({ ...way, ...fields });
  const queued = way.outcome === "admit" || way.outcome === "queue";
  return (
    <div className={look.fields}>
      <div className={styles.field}>
        <label htmlFor={`${id}-outcome`}>{t("filter.outcome")}</label>
        <select id={`${id}-outcome`} value={way.outcome} onChange={(event) => set({ outcome: event.target.value as FilterOutcome })}>
          {OUTCOMES.filter((one) => one !== "bot" || hasBot || way.outcome === "bot").map((one) => (
            <option key={one} value={one}>{t(`filter.outcomes.${one}`)}</option>
          ))}
        </select>
      </div>
      {queued && (
        <>
          <div className={styles.field}>
            <label htmlFor={`${id}-queue`}>{t("filter.queue")}</label>
            <select id={`${id}-queue`} value={way.queue_id ?? ""} onChange={(event) => set({ queue_id: event.target.value || null })}>
              <option value="">{t(way.outcome === "admit" ? "filter.ownQueue" : "filter.choose")}</option>
              {queues.map((queue) => (
                <option key={queue.id} value={queue.id}>{queue.name}</option>
              ))}
            </select>
          </div>
          <div className={styles.field}>
            <label htmlFor={`${id}-priority`}>{t("filter.priority")}</label>
            <input id={`${id}-priority`} type="number" min={0} max={100} value={way.priority} onChange={(event) => set({ priority: Math.trunc(Number(event.target.value)) || 0 })} />
          </div>
        </>
      )}
      {way.outcome === "admit" && hasBot && (
        <label className={`${styles.check} ${look.wide}`}>
          <input type="checkbox" checked={way.bot_first} onChange={(event) => set({ bot_first: event.target.checked })} />
          <span>{t("filter.botFirst")}</span>
        </label>
      )}
      {!queued && (
        <div className={`${styles.field} ${look.wide}`}>
          <label htmlFor={`${id}-reply`}>{t(way.outcome === "bot" ? "filter.replyBot" : "filter.reply")}</label>
          <textarea id={`${id}-reply`} rows={2} maxLength={480} value={way.reply} onChange={(event) => set({ reply: event.target.value })} />
        </div>
      )}
    </div>
  );
}
