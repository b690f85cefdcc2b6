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
  return <Standing id={row.id} since={row.queued_at} />;
}

function Standing({ id, since }: { id: string; since: string | null }) {
  const { t } = useTranslation("conversation");
  const { data } = useQuery({
    queryKey: ["wait", id, since],
    queryFn: ({ signal }) => get<{ wait: Wait | null }>(`/api/conversations/${id}/wait`, signal),
    refetchInterval: AGAIN_MS,
    staleTime: 0,
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
