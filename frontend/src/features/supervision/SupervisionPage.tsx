import { useQuery } from "@tanstack/react-query";
import { CloudOff } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { get } from "@/api/fetch";
import { isObserver, useSession } from "@/api/session";
import type { Agent, PresenceState, SupervisionLive } from "@/api/types";
import { stateName } from "@/api/states";
import { useSecondsSince } from "@/realtime/clock";
import { useConnection } from "@/realtime/connection";
import { Avatar } from "@/ui/Avatar";
import { Button } from "@/ui/Button";
import { duration, number } from "@/ui/format";
import page from "@/ui/page.module.css";
import { Empty, Skeleton } from "@/ui/States";
import { waitLevel, type WaitLevel } from "@/ui/Waiting";
import { AgentDialog } from "./AgentDialog";
import { TargetReport } from "./TargetReport";
import styles from "./SupervisionPage.module.css";

const EVERY_MS = 2000;
/** Older than this, the figures say so and turn grey. */
const STALE_S = 8;
const TARGET_S = 300;
/** More than these would be a wall. */
const MOST_BARS = 10;
const ORDER: PresenceState[] = ["available", "wrap_up", "not_responding", "busy", "training", "break", "away", "disconnected", "offline"];

/** `tabs`: the way to the other pages of supervision. */
export default function SupervisionPage({ tabs }: { tabs: ReactNode }) {
  const { t } = useTranslation("supervision");
  const { data, isError, refetch } = useQuery({
    queryKey: ["supervision"],
    queryFn: ({ signal }) => get<SupervisionLive>("/api/supervision/live", signal),
    refetchInterval: EVERY_MS,
    retry: false,
  });
  if (data) return <Board live={data} tabs={tabs} />;
  return (
    <main className={page.page}>
      {isError ? (
        <Empty icon={<CloudOff size={24} />} title={t("error")} text={t("errorText")}>
          <Button onClick={() => void refetch()}>{t("retry")}</Button>
        </Empty>
      ) : (
        <Skeleton rows={8} label={t("loading")} />
      )}
    </main>
  );
}

function Board({ live, tabs }: { live: SupervisionLive; tabs: ReactNode }) {
  const { t } = useTranslation("supervision");
  const age = useSecondsSince(live.at);
  const offline = useConnection().state === "offline";
  const stale = age > STALE_S || (offline && age > EVERY_MS / 1000 + 1);
  const session = useSession();
  const [shown, setShown] = useState<string | null>(null);
  const chosen = live.agents.find(({ id }) => id === shown);
  const agents = live.agents.toSorted(
    (a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || a.name.localeCompare(b.name),
  );
  return (
    <main className={page.page} tabIndex={0} aria-label={t("title")}>
      <div className={page.content} data-stale={stale}>
        <div className={page.head}>
          <h1>{t("title")}</h1>
          {tabs}
          <p className={stale ? page.stale : page.fresh} role={stale ? "alert" : undefined}>
            {stale ? t("stale", { time: duration(age) }) : t("fresh")}
          </p>
        </div>
        <div className={page.aging}>
          <section className={page.tiles} aria-label={t("now")}>
            <Tile name={t("waiting")} hint={t("waitingHint")} value={number(live.waiting)} />
            <Tile name={t("longest")} hint={t("longestHint")} value={<Longest since={live.longest_since} />} />
            <Tile name={t("open")} hint={t("openHint")} value={number(live.open)} />
            <Tile name={t("bot")} hint={t("botHint")} value={number(live.bot)} />
            <Tile name={t("live")} hint={t("liveHint")} value={number(live.live)} />
          </section>
          <div className={styles.columns}>
            <section>
              <h2>{t("agents")}</h2>
              <div className={page.table} role="region" aria-label={t("agents")} tabIndex={0}>
                <table>
                  <thead>
                    <tr>
                      <th scope="col">{t("agent")}</th>
                      <th scope="col">{t("state")}</th>
                      <th scope="col" className={page.figure}>{t("since")}</th>
                      <th scope="col" className={page.figure}>{t("load")}</th>
                    </tr>
                  </thead>
                  <tbody>
                    {agents.map((agent) => (
                      <AgentRow key={agent.id} agent={agent} onShow={isObserver(session) ? null : () => setShown(agent.id)} />
                    ))}
                  </tbody>
                </table>
                {agents.length === 0 && <p className={page.nothing}>{t("none")}</p>}
              </div>
            </section>
            <div>
              <Waits title={t("queues")} first={t("queue")} rows={live.queues} />
              <Waits title={t("lines")} first={t("line")} rows={live.lines} />
            </div>
          </div>
        </div>
        <TargetReport />
      </div>
      {chosen && <AgentDialog agent={chosen} onClose={() => setShown(null)} />}
    </main>
  );
}

function Tile({ name, hint, value }: { name: string; hint: string; value: ReactNode }) {
  return (
    <div className={page.tile} title={hint}>
      <h2>{name}</h2>
      <p>{value}</p>
      <small className={styles.hint}>{hint}</small>
    </div>
  );
}

function Longest({ since }: { since: string | null }) {
  const { t } = useTranslation("supervision");
  return since === null ? <span className={styles.none}>{t("nobody")}</span> : <Running since={since} />;
}

function Running({ since }: { since: string }) {
  const seconds = useSecondsSince(since);
  const level: WaitLevel = waitLevel(seconds, TARGET_S);
  return <span className={styles[level]}>{duration(seconds)}</span>;
}

function AgentRow({ agent, onShow }: { agent: Agent; onShow: (() => void) | null }) {
  const { t, i18n } = useTranslation("supervision");
  const reason = agent.reason && stateName(agent.reason, i18n.language);
  const dot = agent.state === "available" ? "ok" : agent.state === "offline" ? "off" : "warn";
  const state = (
    <>
      {t(`states.${agent.state}`)}
      {reason && reason !== t(`states.${agent.state}`) && <span className={styles.reason}> · {reason}</span>}
    </>
  );
  return (
    <tr data-state={agent.state}>
      <th scope="row">
        <span className={styles.person}>
          <Avatar name={agent.name} dot={dot} />
          <span>{agent.name}</span>
        </span>
      </th>
      <td>
        {onShow ? (
          <button type="button" className={styles.state} title={t("stateOf", { name: agent.name })} onClick={onShow} data-testid="agent-state">
            {state}
          </button>
        ) : (
          state
        )}
      </td>
      <td className={page.figure}>
        <TimeInState since={agent.since} />
      </td>
      <td className={page.figure}>
        {agent.capacity === 0 ? "–" : <Load agent={agent} />}
      </td>
    </tr>
  );
}

function Load({ agent }: { agent: Agent }) {
  return (
    <span className={styles.load}>
      <span className={styles.gauge} aria-hidden="true">
        {agent.capacity <= MOST_BARS && Array.from({ length: agent.capacity }, (_, index) => (
          <i key={index} className={index < agent.load ? styles.taken : ""} />
        ))}
      </span>
      {agent.load}/{agent.capacity}
    </span>
  );
}

function TimeInState({ since }: { since: string }) {
  // Not a stopwatch: beside "Since", 10:00 reads as a time of the day.
  return <>{duration(useSecondsSince(since))}</>;
}

interface WaitRow {
  id: string;
  name: string;
  waiting: number;
  open: number;
  longest_since?: string | null;
}

function Waits({ title, first, rows }: { title: string; first: string; rows: WaitRow[] }) {
  const { t } = useTranslation("supervision");
  const timed = rows.some((row) => row.longest_since !== undefined);
  return (
    <section>
      <h2>{title}</h2>
      <div className={page.table} role="region" aria-label={title} tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">{first}</th>
              <th scope="col" className={page.figure}>{t("waiting")}</th>
              {timed && <th scope="col" className={page.figure}>{t("longestShort")}</th>}
              <th scope="col" className={page.figure}>{t("open")}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.id}>
                <th scope="row">{row.name}</th>
                <td className={page.figure}>{number(row.waiting)}</td>
                {timed && (
                  <td className={page.figure}>{row.longest_since ? <Running since={row.longest_since} /> : "–"}</td>
                )}
                <td className={page.figure}>{number(row.open)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {rows.length === 0 && <p className={page.nothing}>{t("none")}</p>}
      </div>
    </section>
  );
}
