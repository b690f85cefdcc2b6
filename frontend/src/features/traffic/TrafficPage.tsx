import { useQuery } from "@tanstack/react-query";
import { CloudOff } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { get } from "@/api/fetch";
import type { Traffic, TrafficFlow } from "@/api/types";
import { useSecondsSince } from "@/realtime/clock";
import { useConnection } from "@/realtime/connection";
import { Button } from "@/ui/Button";
import { clockTime, duration, number } from "@/ui/format";
import page from "@/ui/page.module.css";
import { Empty, Skeleton } from "@/ui/States";
import { Spark } from "./Spark";
import styles from "./Traffic.module.css";

/** A text that has come or gone stands here within two seconds. */
const EVERY_MS = 1000;
/** Older than this, the figures say so and turn grey. */
const STALE_S = 6;
const PERIODS = ["minute", "hour", "today"] as const;
const COUNTED = ["received", "sent", "delivered", "failed"] as const;
type Period = (typeof PERIODS)[number];

/** `tabs`: the way to the other pages of supervision. */
export default function TrafficPage({ tabs }: { tabs: ReactNode }) {
  const { t } = useTranslation("traffic");
  const { data, isError, refetch } = useQuery({
    queryKey: ["traffic"],
    queryFn: ({ signal }) => get<Traffic>("/api/supervision/traffic", signal),
    refetchInterval: EVERY_MS,
    retry: false,
  });
  if (data) return <Board live={data} tabs={tabs} />;
  return (
    <main className={page.page} aria-label={t("title")}>
      <div className={page.content}>
        <header className={page.head}>
          <h1>{t("title")}</h1>
          {tabs}
        </header>
        {isError ? (
          <Empty icon={<CloudOff size={24} />} title={t("error")} text={t("errorText")}>
            <Button onClick={() => void refetch()}>{t("retry")}</Button>
          </Empty>
        ) : (
          <Skeleton rows={8} label={t("loading")} />
        )}
      </div>
    </main>
  );
}

function Board({ live, tabs }: { live: Traffic; tabs: ReactNode }) {
  const { t } = useTranslation("traffic");
  const [period, choose] = useState<Period>("hour");
  const age = useSecondsSince(live.at);
  const offline = useConnection().state === "offline";
  const stale = age > STALE_S || (offline && age > EVERY_MS / 1000 + 1);
  return (
    <main className={page.page} tabIndex={0} aria-label={t("title")}>
      <div className={page.content} data-stale={stale}>
        <header className={page.head}>
          <h1>{t("title")}</h1>
          {tabs}
          <p className={stale ? page.stale : page.fresh} role={stale ? "alert" : undefined}>
            {stale ? t("stale", { time: clockTime(live.at) }) : t("fresh")}
          </p>
        </header>
        <div className={page.aging} data-testid="traffic">
          <div className={styles.periods} role="group" aria-label={t("period")}>
            {PERIODS.map((one) => (
              <Button key={one} size="small" look={one === period ? "plain" : "quiet"} aria-pressed={one === period} onClick={() => choose(one)}>
                {t(`periods.${one}`)}
              </Button>
            ))}
            {live.counted_since && <p className={styles.since}>{t("since", { when: clockTime(live.counted_since) })}</p>}
          </div>
          <Tiles flow={live.total} period={period} most={live.most_waiting} />
          <Flows title={t("lines")} first={t("line")} flows={live.lines} period={period} most={live.most_waiting} />
          <Flows title={t("links")} first={t("link")} flows={live.links} period={period} most={live.most_waiting} />
        </div>
      </div>
    </main>
  );
}

function Tiles({ flow, period, most }: { flow: TrafficFlow; period: Period; most: number }) {
  const { t } = useTranslation("traffic");
  return (
    <section className={page.tiles} aria-label={t("now")}>
      {COUNTED.map((what) => (
        <div key={what} className={page.tile} data-testid={`traffic-${what}`}>
          <h2>{t(what)}</h2>
          <p className={what === "failed" && flow[period].failed > 0 ? styles.bad : undefined}>{number(flow[period][what])}</p>
          {PERIODS.filter((one) => one !== period).map((one) => (
            <small key={one}>{t(`others.${one}`, { value: number(flow[one][what]) })}</small>
          ))}
        </div>
      ))}
      <div className={page.tile} data-testid="traffic-waiting">
        <h2>{t("waiting")}</h2>
        <p>
          <Waiting flow={flow} most={most} />
        </p>
        <small>{flow.oldest_since ? <Oldest since={flow.oldest_since} /> : t("noneWaits")}</small>
      </div>
    </section>
  );
}

function Waiting({ flow, most }: { flow: TrafficFlow; most: number }) {
  const { t } = useTranslation("traffic");
  return flow.waiting >= most ? t("atLeast", { value: number(most) }) : number(flow.waiting);
}

function Oldest({ since }: { since: string }) {
  const { t } = useTranslation("traffic");
  return t("oldest", { time: duration(useSecondsSince(since)) });
}

function For({ since }: { since: string }) {
  return duration(useSecondsSince(since));
}

function Flows({ title, first, flows, period, most }: { title: string; first: string; flows: TrafficFlow[]; period: Period; most: number }) {
  const { t } = useTranslation("traffic");
  return (
    <section className={styles.flows}>
      <h2>
        {title}
        <span className={styles.key}>
          <i className={styles.in} /> {t("key.in")} <i className={styles.out} /> {t("key.out")}
        </span>
      </h2>
      <div className={page.table} role="region" aria-label={title} tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">{first}</th>
              <th scope="col">{t("lastHour")}</th>
              {COUNTED.map((what) => (
                <th key={what} scope="col" className={page.figure}>
                  {t(what)}
                </th>
              ))}
              <th scope="col" className={page.figure}>{t("waiting")}</th>
              <th scope="col" className={page.figure}>{t("oldestShort")}</th>
            </tr>
          </thead>
          <tbody>
            {flows.map((flow) => (
              <tr key={flow.id} data-testid="flow">
                <th scope="row" className={styles.flowName}>{flow.name}</th>
                <td>
                  <Spark minutes={flow.per_minute} label={t("chart", { name: flow.name, received: number(flow.hour.received), sent: number(flow.hour.sent) })} />
                </td>
                {COUNTED.map((what) => (
                  <td key={what} className={`${page.figure} ${what === "failed" && flow[period].failed > 0 ? styles.bad : ""}`}>
                    {number(flow[period][what])}
                  </td>
                ))}
                <td className={page.figure}>
                  <Waiting flow={flow} most={most} />
                </td>
                <td className={page.figure}>{flow.oldest_since ? <For since={flow.oldest_since} /> : "–"}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {flows.length === 0 && <p className={page.nothing}>{t("none")}</p>}
      </div>
    </section>
  );
}
