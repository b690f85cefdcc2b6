import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { Download, FileText } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, get, post, query } from "@/api/fetch";
import { isObserver, useSession } from "@/api/session";
import type { HistoryExport, TargetsReport } from "@/api/types";
import { Button } from "@/ui/Button";
import { duration, number } from "@/ui/format";
import page from "@/ui/page.module.css";
import { Skeleton } from "@/ui/States";
import { typeset } from "@/ui/typeset";
import styles from "./TargetReport.module.css";

const EVERY_MS = 60_000;
const FILE_MS = 1500;
const FIGURES = ["met", "missed", "share", "warned", "wall", "business"] as const;

/** What became of response times, by queue and kind of target, over a period that is chosen here. */
export function TargetReport() {
  const { t } = useTranslation("supervision");
  const observes = isObserver(useSession());
  // Undefined: not touched, and what the server says; empty: a day that is not whole yet, which waits.
  const [days, setDays] = useState<{ start?: string; end?: string }>({});
  const asked = { start: days.start || null, end: days.end || null };
  const found = useQuery({
    queryKey: ["target-report", asked],
    queryFn: ({ signal }) => get<TargetsReport>(`/api/supervision/targets${query(asked)}`, signal),
    refetchInterval: EVERY_MS,
    placeholderData: keepPreviousData,
    retry: 1,
  });
  const refused = found.error instanceof ApiError && found.error.status === 422 ? Object.values(found.error.fields)[0] || found.error.message : null;
  return (
    <section className={styles.report} aria-labelledby="targets-title" data-testid="target-report">
      <h2 id="targets-title">{t("targets.title")}</h2>
      <div className={styles.bar}>
        {(["start", "end"] as const).map((name) => (
          <label key={name}>
            <span>{t(`targets.${name}`)}</span>
            <input type="date" value={days[name] ?? found.data?.[name] ?? ""} onChange={({ target: { value } }) => setDays((now) => ({ ...now, [name]: value }))} data-testid={`targets-${name}`} />
          </label>
        ))}
        {found.data && <p className={styles.faint}>{t("targets.zone", { zone: found.data.time_zone })}</p>}
        {!observes && <File asked={asked} />}
      </div>
      {refused ? (
        <p role="alert" className={styles.refused}>{typeset(refused)}</p>
      ) : !found.data ? (
        found.isError ? <p role="alert" className={styles.refused}>{t("error")}</p> : <Skeleton rows={3} look="lines" label={t("loading")} />
      ) : found.data.items.length === 0 ? (
        <p className={styles.faint}>{t("targets.none")}</p>
      ) : (
        <Figures items={found.data.items} />
      )}
      <details className={styles.faint}>
        <summary>{t("targets.means")}</summary>
        <ul>
          {(["met", "missed", "share", "warned", "means_"] as const).map((one) => (
            <li key={one}>{t(`targets.definitions.${one}`)}</li>
          ))}
        </ul>
      </details>
    </section>
  );
}

function Figures({ items }: { items: TargetsReport["items"] }) {
  const { t } = useTranslation("supervision");
  const time = (seconds: number | null) => (seconds === null ? "–" : duration(Math.round(seconds)));
  return (
    <div className={page.table} role="region" aria-label={t("targets.title")} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("queue")}</th>
            <th scope="col">{t("targets.kind")}</th>
            {FIGURES.map((one) => (
              <th key={one} scope="col" className={page.figure}>{t(`targets.heads.${one}`)}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {items.map((one) => (
            <tr key={`${one.queue_id} ${one.kind}`} data-testid="target-row">
              <th scope="row">{one.queue || t("targets.noQueue")}</th>
              <td>{t(`targets.kinds.${one.kind}`)}</td>
              <td className={page.figure}>{number(one.met)}</td>
              <td className={page.figure}>{number(one.missed)}</td>
              <td className={page.figure}>{one.share === null ? "–" : `${number(Math.floor(one.share * 1000) / 10)} %`}</td>
              <td className={page.figure}>{number(one.warned)}</td>
              <td className={page.figure}>{time(one.wall_s)}</td>
              <td className={page.figure}>{time(one.business_s)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Has the file written and offers it; it stands among one's files of the history, too. */
function File({ asked }: { asked: { start: string | null; end: string | null } }) {
  const { t } = useTranslation("supervision");
  const ask = useMutation({ mutationFn: () => post<HistoryExport>("/api/supervision/targets/exports", { ...asked, form: "csv" }) });
  const id = ask.data?.id;
  const files = useQuery({
    queryKey: ["target-file", id],
    queryFn: ({ signal }) => get<{ items: HistoryExport[] }>("/api/history/exports", signal),
    enabled: id !== undefined,
    refetchInterval: ({ state }) => (["done", "failed"].includes(state.data?.items.find((one) => one.id === id)?.state ?? "") ? false : FILE_MS),
    retry: 1,
  });
  const state = files.data?.items.find((one) => one.id === id)?.state ?? (id ? "waiting" : null);
  const failure = ask.error instanceof ApiError && ask.error.message ? typeset(ask.error.message) : ask.error ? t("unreachable") : state === "failed" ? t("targets.failed") : "";
  return (
    <div className={styles.file} role="status">
      <Button size="small" icon={<FileText size={15} aria-hidden="true" />} disabled={ask.isPending || state === "waiting" || state === "running"} onClick={() => ask.mutate()} data-testid="targets-csv">
        {t("targets.csv")}
      </Button>
      {(state === "waiting" || state === "running") && <span className={styles.faint}>{t("targets.writing")}</span>}
      {state === "done" && (
        <a href={`/api/history/exports/${id}/file`} download data-testid="targets-file">
          <Download size={15} aria-hidden="true" />
          {t("targets.download")}
        </a>
      )}
      {failure && <span className={styles.refused}>{failure}</span>}
    </div>
  );
}
