import { useQuery, useQueryClient } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { get, post } from "@/api/fetch";
import type { Schemas } from "@/api/types";
import { useSession } from "@/api/session";
import { uuid } from "@/api/uuid";
import { serverNow } from "@/realtime/clock";
import { Button } from "@/ui/Button";
import { Menu, type MenuItem } from "@/ui/Menu";
import { bulkKey, listsKey } from "./api";
import type { ListFilter } from "./listState";
import type { Selection } from "./selection";
import { givenOf } from "./viewGiven";
import styles from "./Bulk.module.css";

type Bulk = Schemas["BulkView"];
type Action = "assign" | "tag" | "untag" | "close" | "snooze" | "read" | "unread";
const WHY = ["closed", "not_owner", "new_text", "no_conversation", "with_bot", "agent_blind", "agent_away", "agent_full", "disposition_required"] as const;
const ACTIONS: Action[] = ["assign", "tag", "untag", "close", "snooze", "read", "unread"];
const UNDO_MS = 5000;
const HOUR_MS = 3600 * 1000;

/** Below the filters while something is chosen: what can be done to all of it; then what came of it. */
export function BulkBar({ filter, selection }: { filter: ListFilter; selection: Selection }) {
  const { t } = useTranslation("conversationList");
  const client = useQueryClient();
  const [deed, setDeed] = useState<Bulk | null>(null);
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState(false);
  const { chosen, clear } = selection;

  const run = async (action: Action, more: Record<string, unknown> = {}) => {
    if (busy) return;
    setBusy(true);
    setFailed(false);
    const { filter: asked } = givenOf({ name: "", sharing: "personal", team_id: null, columns: [], filter: {} }, filter);
    const all_of = { view: filter.view, order: filter.order ?? "waiting", q: filter.text || null, filter: asked };
    try {
      setDeed(await post<Bulk>("/api/bulk", { id: uuid(), action, ...(chosen.all ? { all_of } : { conversation_ids: [...chosen.ids] }), ...more }));
      clear();
      void client.invalidateQueries({ queryKey: listsKey });
    } catch {
      setFailed(true);
    } finally {
      setBusy(false);
    }
  };

  const something = chosen.all || chosen.ids.size > 0;
  return (
    <>
      {selection.choosing && (
        <div className={styles.bar} role="group" aria-label={t("bulk.bar")} data-testid="bulk-bar">
          <div className={styles.top}>
            <strong role="status" data-testid="bulk-count">{chosen.all ? t("bulk.allChosen") : t("bulk.chosen", { count: chosen.ids.size })}</strong>
            {!chosen.all && (
              <button type="button" className={styles.all} data-testid="bulk-all" onClick={selection.chooseAll}>{t("bulk.all")}</button>
            )}
            <Button look="quiet" size="small" square aria-label={t("bulk.stop")} icon={<X size={15} />} onClick={clear} data-testid="bulk-clear" />
          </div>
          {something && <Actions busy={busy} run={(action, more) => void run(action, more)} />}
        </div>
      )}
      {failed && <p role="alert" className={styles.failed}>{t("bulk.failed")}</p>}
      {deed !== null && <Result first={deed} key={deed.id} onClose={() => setDeed(null)} />}
    </>
  );
}

function Actions({ busy, run }: { busy: boolean; run: (action: Action, more?: Record<string, unknown>) => void }) {
  const { t } = useTranslation("conversationList");
  const { user, tags, queues, agents } = useSession();
  const oversees = user.role === "supervisor" || user.role === "administrator";
  const tagged = (action: Action): MenuItem[] => tags.map((tag) => ({ key: `${action} ${tag.id}`, label: tag.name, run: () => run(action, { tag_id: tag.id }) }));
  const until = (ms: number) => new Date(serverNow() + ms).toISOString();
  return (
    <div className={styles.actions} aria-busy={busy}>
      {oversees && (
        <Menu
          label={t("bulk.assign")} testId="bulk-assign" className={styles.menu}
          groups={[
            { title: t("bulk.toQueues"), items: queues.map((one) => ({ key: one.id, label: one.name, run: () => run("assign", { queue_id: one.id }) })) },
            { title: t("bulk.toAgents"), items: agents.map((one) => ({ key: one.id, label: one.name, run: () => run("assign", { agent_id: one.id }) })) },
          ]}
        >{t("bulk.assign")}</Menu>
      )}
      {tags.length > 0 && (
        <Menu
          label={t("bulk.tag")} testId="bulk-tag" className={styles.menu}
          groups={[{ title: t("bulk.add"), items: tagged("tag") }, { title: t("bulk.takeAway"), items: tagged("untag") }]}
        >{t("bulk.tag")}</Menu>
      )}
      <Menu
        label={t("bulk.more")} testId="bulk-more" className={styles.menu}
        groups={[
          { title: t("bulk.snooze"), items: [
            { key: "hour", label: t("bulk.hour"), run: () => run("snooze", { until: until(HOUR_MS) }) },
            { key: "day", label: t("bulk.day"), run: () => run("snooze", { until: until(24 * HOUR_MS) }) },
            { key: "answer", label: t("bulk.answer"), run: () => run("snooze", { until: null }) },
          ] },
          { items: [{ key: "read", label: t("bulk.read"), run: () => run("read") }, { key: "unread", label: t("bulk.unread"), run: () => run("unread") }] },
        ]}
      >{t("bulk.more")}</Menu>
      <Button size="small" disabled={busy} onClick={() => run("close")} data-testid="bulk-close">{t("bulk.close")}</Button>
    </div>
  ); // prettier-ignore
}

/** How far it is, then what came of it: what was refused in words, and for five seconds the way back. */
function Result({ first, onClose }: { first: Bulk; onClose: () => void }) {
  const { t } = useTranslation("conversationList");
  const client = useQueryClient();
  const key = [...bulkKey, first.id];
  // While a worker is at it, an event says that there is more to be read; nobody asks in between.
  const { data: deed = first } = useQuery({ queryKey: key, queryFn: ({ signal }) => get<Bulk>(`/api/bulk/${first.id}`, signal), initialData: first, staleTime: Infinity });
  const [late, setLate] = useState(false);
  const isOver = deed.state !== "running";
  useEffect(() => {
    if (!isOver) return;
    const timer = setTimeout(() => setLate(true), UNDO_MS);
    return () => clearTimeout(timer);
  }, [isOver]);
  const undo = async () => {
    try {
      client.setQueryData(key, await post<Bulk>(`/api/bulk/${deed.id}/undo`));
      void client.invalidateQueries({ queryKey: listsKey });
    } catch {
      setLate(true);
    }
  };
  const action = ACTIONS.find((one) => one === deed.action) ?? "read";
  return (
    <div className={styles.result} data-testid="bulk-result" data-state={deed.state}>
      <p role="status">
        {deed.undone ? t("bulk.undone")
          : deed.state === "running" ? t("bulk.working", { done: deed.done, total: deed.total })
          : deed.state === "failed" ? t("bulk.stopped", { done: deed.done, total: deed.total })
          : t(`bulk.done.${action}`, { count: deed.changed })}
        {!deed.undone && isOver && deed.refused.length > 0 && <span data-testid="bulk-refused"> {t("bulk.kept", { count: deed.refused.length, why: reasons(deed, t) })}</span>}
      </p>
      {deed.state === "running" && <progress max={deed.total} value={deed.done} aria-label={t("bulk.bar")} />}
      <div className={styles.foot}>
        {deed.may_undo && !late && <Button size="small" onClick={() => void undo()} data-testid="bulk-undo">{t("bulk.undo")}</Button>}
        <Button look="quiet" size="small" square aria-label={t("bulk.dismiss")} icon={<X size={14} />} onClick={onClose} />
      </div>
    </div>
  ); // prettier-ignore
}

type Words = (key: `bulk.why.${(typeof WHY)[number] | "other"}`) => string;

/** "2 closed meanwhile, 1 a new text has come". */
function reasons({ refused }: Bulk, t: Words): string {
  const numbers = new Map<(typeof WHY)[number] | "other", number>();
  for (const { code } of refused) {
    const why = WHY.find((one) => one === code) ?? "other";
    numbers.set(why, (numbers.get(why) ?? 0) + 1);
  }
  const several = numbers.size > 1;
  return [...numbers].map(([why, count]) => `${several ? `${count} ` : ""}${t(`bulk.why.${why}`)}`).join(", ");
}
