import { useTranslation } from "react-i18next";
import { useCounts, useSession } from "@/api/session";
import type { Line } from "@/api/types";
import { useSecondsSince } from "@/realtime/clock";
import { duration } from "@/ui/format";
import { waitLevel } from "@/ui/Waiting";
import styles from "./QueueStrip.module.css";

/** Who waits on each line of the desk, and for how long; a click shows that line's queue. */
export function QueueStrip({ onChoose }: { onChoose: (lineId: string) => void }) {
  const { t } = useTranslation("conversationList");
  const session = useSession();
  const lines = session.lines.filter((line) => session.desk.line_ids === null || session.desk.line_ids.includes(line.id));
  const counts = useCounts();
  return (
    <div className={styles.strip} role="group" aria-label={t("strip")}>
      {lines.map((line) => {
        const one = counts?.by_line[line.id];
        return (
          <button key={line.id} type="button" className={styles.line} title={line.name} onClick={() => onChoose(line.id)}>
            <span className={styles.address}>{line.address}</span>
            {one && one.waiting > 0 && one.longest_since ? (
              <Busy line={line} waiting={one.waiting} since={one.longest_since} />
            ) : (
              <span className={styles.nobody}>
                <span aria-hidden="true">0</span>
                <span className="visually-hidden">{t("stripNobody")}</span>
              </span>
            )}
          </button>
        );
      })}
    </div>
  );
}

function Busy({ waiting, since }: { line: Line; waiting: number; since: string }) {
  const { t } = useTranslation("conversationList");
  const seconds = useSecondsSince(since);
  const time = duration(seconds);
  return (
    <span className={`${styles.busy} ${styles[waitLevel(seconds, 300)]}`}>
      <span aria-hidden="true">
        <b>{waiting}</b> · {time}
      </span>
      <span className="visually-hidden">{t("stripWaiting", { count: waiting, time })}</span>
    </span>
  );
}
