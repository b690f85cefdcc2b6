import { Download, FileSpreadsheet, FileText } from "lucide-react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/fetch";
import type { HistoryExport } from "@/api/types";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { clockTime, number, shortDate } from "@/ui/format";
import { Skeleton } from "@/ui/States";
import { useAskForExport, useExports } from "./api";
import type { Filters } from "./filters";
import styles from "./History.module.css";

export function ExportDialog({ filters, onClose }: { filters: Filters; onClose: () => void }) {
  const { t } = useTranslation("history");
  const files = useExports();
  const ask = useAskForExport(filters);
  return (
    <Dialog title={t("export.title")} closeLabel={t("export.close")} onClose={onClose}>
      <div className={styles.export} data-testid="export-dialog">
        <p>{t("export.lead")}</p>
        <div className={styles.forms}>
          <Button look="primary" disabled={ask.isPending} icon={<FileText size={16} aria-hidden="true" />} onClick={() => ask.mutate("csv")} data-testid="export-csv">
            {t("export.csv")}
          </Button>
          <Button disabled={ask.isPending} icon={<FileSpreadsheet size={16} aria-hidden="true" />} onClick={() => ask.mutate("xlsx")} data-testid="export-xlsx">
            {t("export.xlsx")}
          </Button>
        </div>
        <div role="status">
          {ask.error && (
            <p className={styles.refused}>
              {t("export.refused", { reason: ask.error instanceof ApiError && ask.error.message && ask.error.status > 0 ? ask.error.message : t("export.unreachable") })}
            </p>
          )}
        </div>
        <h3>{t("export.mine")}</h3>
        {!files.data ? (
          files.isError ? <p className={styles.refused}>{t("errorText")}</p> : <Skeleton rows={2} look="lines" label={t("loading")} />
        ) : files.data.items.length === 0 ? (
          <p className={styles.faint}>{t("export.none")}</p>
        ) : (
          <ul className={styles.files}>
            {files.data.items.map((one) => (
              <File key={one.id} file={one} />
            ))}
          </ul>
        )}
      </div>
    </Dialog>
  );
}

function File({ file }: { file: HistoryExport }) {
  const { t } = useTranslation("history");
  const Icon = file.form === "xlsx" ? FileSpreadsheet : FileText;
  return (
    <li data-testid="export-file" data-state={file.state}>
      <Icon size={18} aria-hidden="true" />
      <div>
        <strong>
          {file.form.toUpperCase()} · {shortDate(file.created_at)} {clockTime(file.created_at)}
        </strong>
        <small>{useStateInWords(file)}</small>
        {file.state === "running" && <progress max={1} value={file.progress} aria-label={t("export.running", { percent: Math.round(file.progress * 100) })} />}
      </div>
      {file.state === "done" && (
        <a className={styles.download} href={`/api/history/exports/${file.id}/file`} download>
          <Download size={15} aria-hidden="true" />
          {t("export.download")}
        </a>
      )}
    </li>
  );
}

function useStateInWords(file: HistoryExport): string {
  const { t } = useTranslation("history");
  if (file.state === "waiting") return t("export.waiting");
  if (file.state === "running") return t("export.running", { percent: Math.round(file.progress * 100) });
  if (file.state !== "done") return t("export.failed");
  const rows = t("export.rows", { count: file.rows, value: number(file.rows) });
  return [file.is_cut ? `${rows} (${t("export.cut")})` : rows, t("export.until", { when: shortDate(file.kept_until) })].join(" · ");
}
