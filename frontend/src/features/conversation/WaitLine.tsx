import { useQuery } from "@tanstack/react-query";
import { ListOrdered } from "lucide-react";
import { useTranslation } from "react-i18next";
import { get } from "@/api/fetch";
import type { Wait } from "@/api/routing";
import type { Row } from "@/api/types";
import { clockTime, duration, number } from "@/ui/format";
import styles from "./WaitLine.module.css";

const AGAIN_MS = 15_000;
const TOLD = ["tell_position", "offer_callback"] as const;

/** Above the composer, while the conversation waits: its place, the wait that its subscriber would be told, and what
    he was. */
export function WaitLine({ row }: { row: Row }) {
  if (row.status !== "queued") return null;
  return <Standing key={row.id} row={row} />;
}

function Standing({ row: { id, queued_at, last_seq } }: { row: Row }) {
  const { t } = useTranslation("conversation");
  const { data } = useQuery({
    // What he is told is a message: it is shown here as soon as it stands in the thread.
    queryKey: ["wait", id, queued_at, last_seq],
    queryFn: ({ signal }) => get<{ wait: Wait | null }>(`/api/conversations/${id}/wait`, signal),
    refetchInterval: AGAIN_MS,
    staleTime: 0,
    placeholderData: (before) => before,
  });
  const wait = data?.wait;
  if (!wait) return null;
  const known = wait.p50_s !== null && wait.p90_s !== null;
  return (
    <div className={styles.line} data-testid="wait">
      <ListOrdered size={16} aria-hidden="true" />
      <p>
        {t("wait.place", { place: number(wait.position), of: number(wait.waiting) })}{" "}
        {known ? t("wait.known", { half: duration(wait.p50_s!), most: duration(wait.p90_s!) }) : t("wait.unknown")}
        {wait.told.map(({ do: what, at }) => {
          const known = TOLD.find((one) => one === what);
          return known && <span key={`${what}${at}`}> {t(`wait.told.${known}`, { when: clockTime(at) })}</span>;
        })}
      </p>
    </div>
  );
}
