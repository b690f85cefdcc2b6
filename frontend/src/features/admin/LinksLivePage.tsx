import { useQuery } from "@tanstack/react-query";
import { CloudOff, Radio } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { get } from "@/api/fetch";
import { useSession } from "@/api/session";
import type { LiveLinks } from "@/api/types";
import { useSecondsSince } from "@/realtime/clock";
import { Button } from "@/ui/Button";
import { duration } from "@/ui/format";
import page from "@/ui/page.module.css";
import { Empty, Skeleton } from "@/ui/States";
import { adminKey } from "./api";
import { LinkCard } from "./LinkCard";
import { LinkTestDialog } from "./LinkTestDialog";
import styles from "./LinksLive.module.css";

/** A gateway writes its figures each second. */
const EVERY_MS = 1500;
const STALE_S = 8;

/** How each link is, for those who watch; an administrator starts, stops and tests from here. */
export default function LinksLivePage({ tabs }: { tabs: ReactNode }) {
  const { t } = useTranslation("admin");
  const { data, isError, refetch } = useQuery({
    queryKey: [...adminKey, "live"],
    queryFn: ({ signal }) => get<LiveLinks>("/api/links/live", signal),
    refetchInterval: EVERY_MS,
    retry: false,
  });
  return (
    <main className={page.page} tabIndex={0} aria-label={t("work.title")}>
      <div className={page.content}>
        {data ? (
          <Cards live={data} tabs={tabs} />
        ) : isError ? (
          <Empty icon={<CloudOff size={24} />} title={t("error")} text={t("errorText")}>
            <Button onClick={() => void refetch()}>{t("retry")}</Button>
          </Empty>
        ) : (
          <Skeleton rows={6} label={t("loading")} />
        )}
      </div>
    </main>
  );
}

function Cards({ live, tabs }: { live: LiveLinks; tabs: ReactNode }) {
  const { t } = useTranslation("admin");
  const mayChange = useSession().user.role === "administrator";
  const [tested, setTested] = useState<string | null>(null);
  const age = useSecondsSince(live.at);
  const stale = age > STALE_S;
  const link = live.items.find(({ id }) => id === tested);
  return (
    <div data-stale={stale}>
      <header className={page.head}>
        <h1>{t("work.title")}</h1>
        {tabs}
        <p className={stale ? page.stale : page.fresh} role={stale ? "alert" : undefined}>
          {stale ? t("work.stale", { time: duration(age) }) : t("work.fresh")}
        </p>
        <p className={`${page.lead} ${styles.lead}`}>{t("work.lead")}</p>
      </header>
      {live.items.length === 0 ? (
        <Empty icon={<Radio size={24} />} title={t("work.none")} />
      ) : (
        <ul className={`${styles.cards} ${page.aging}`}>
          {live.items.map((one) => (
            <LinkCard key={one.id} link={one} mayChange={mayChange} onTest={() => setTested(one.id)} />
          ))}
        </ul>
      )}
      {link && <LinkTestDialog id={link.id} name={link.name} onClose={() => setTested(null)} />}
    </div>
  );
}
