import { CloudOff } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/Button";
import { Empty } from "@/ui/States";
import type { AdminLine } from "@/api/types";
import { useTable } from "./api";
import styles from "./Admin.module.css";
import look from "./Filter.module.css";

/** A section that is about one line at a time: its head, and the choice of the line. */
export function OfEachLine({ title, lead, testId, children }: { title: string; lead: string; testId: string; children: (line: AdminLine) => ReactNode }) {
  const { t } = useTranslation("admin");
  const lines = useTable("lines");
  const [chosen, setChosen] = useState("");
  const items = lines.data?.items ?? [];
  const line = items.find(({ id }) => id === chosen) ?? items[0];
  return (
    <>
      <header className={styles.head}>
        <div>
          <h1>{title}</h1>
          <p>{lead}</p>
        </div>
      </header>
      {lines.isError && <Broken again={() => void lines.refetch()} />}
      {lines.data && items.length === 0 && <p className={styles.none}>{t("none")}</p>}
      {line && (
        <>
          <div className={look.chooser}>
            <label className={styles.field}>
              {t("filter.line")}
              <select value={line.id} onChange={(event) => setChosen(event.target.value)} data-testid={testId}>
                {items.map((one) => (
                  <option key={one.id} value={one.id}>
                    {one.address} · {one.name}
                  </option>
                ))}
              </select>
            </label>
          </div>
          {children(line)}
        </>
      )}
    </>
  );
}

export function Broken({ again }: { again: () => void }) {
  const { t } = useTranslation("admin");
  return (
    <Empty icon={<CloudOff size={24} />} title={t("error")} text={t("errorText")}>
      <Button onClick={again}>{t("retry")}</Button>
    </Empty>
  );
}
