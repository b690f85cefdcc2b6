import { useQuery } from "@tanstack/react-query";
import { CloudOff, Radio } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { NavLink } from "react-router";
import { get } from "@/api/fetch";
import { useSession } from "@/api/session";
import type { LiveLinks } from "@/api/types";
import { useSecondsSince } from "@/realtime/clock";
import { Button } from "@/ui/Button";
import { duration } from "@/ui/format";
import { Empty, Skeleton } from "@/ui/States";
import { adminKey } from "./api";
import { LinkCard } from "./LinkCard";
import { LinkTestDialog } from "./LinkTestDialog";
import styles from "./LinksLive.module.css";

/** A gateway writes its figures each second. */
const EVERY_MS = 1500;
const STALE_S = 8;

/** How each link is, for those who watch; an administrator starts, stops and tests from here. */
export default function LinksLivePage() {
  const { t } = useTranslation("admin");
  const { data, isError, refetch } = useQuery({
    queryKey: [...adminKey, "live"],
    queryFn: ({ signal }) => get<LiveLinks>("/api/links/live", signal),
    refetchInterval: EVERY_MS,
    retry: false,
  });
  return (
    <main className={styles.page} tabIndex={0} aria-label={t("work.title")}>
      <div className={styles.content}>
        {data ? (
          <Cards live={data} />
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

function Cards({ live }: { live: LiveLinks }) {
  const { t } = useTranslation("admin");
  const mayChange = useSession().user.role === "administrator";
  const [tested, setTested] = useState<string | null>(null);
  const age = useSecondsSince(live.at);
  const stale = age > STALE_S;
  const link = live.items.find(({ id }) => id === tested);
  return (
    <>
      <header className={styles.head}>
        <div>
          <h1>{t("work.title")}</h1>
          <p className={styles.lead}>{t("work.lead")}</p>
        </div>
        <nav className={styles.tabs} aria-label={t("work.title")}>
          <NavLink to="/supervision" end>
            {t("work.team")}
          </NavLink>
          <NavLink to="/supervision/links">{t("work.links")}</NavLink>
        </nav>
        <p className={stale ? styles.stale : styles.fresh} role={stale ? "alert" : undefined}>
          {stale ? t("work.stale", { time: duration(age) }) : t("work.fresh")}
        </p>
      </header>
      {live.items.length === 0 ? (
        <Empty icon={<Radio size={24} />} title={t("work.none")} />
      ) : (
        <ul className={styles.cards} data-stale={stale}>
          {live.items.map((one) => (
            <LinkCard key={one.id} link={one} mayChange={mayChange} onTest={() => setTested(one.id)} />
          ))}
        </ul>
      )}
      {link && <LinkTestDialog id={link.id} name={link.name} onClose={() => setTested(null)} />}
    </>
  );
}
