import { useQuery } from "@tanstack/react-query";
import { CloudOff } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { get } from "@/api/fetch";
import type { LineRules } from "@/api/types";
import { Button } from "@/ui/Button";
import { Empty, Skeleton } from "@/ui/States";
import { adminKey, useTable } from "./api";
import { RulesEditor } from "./RulesEditor";
import styles from "./Admin.module.css";
import look from "./Filter.module.css";

/** Which queue a line's conversations wait in: its rules, and trying a text on them. */
export function RulesSection() {
  const { t } = useTranslation("admin");
  const lines = useTable("lines");
  const [chosen, setChosen] = useState("");
  const items = lines.data?.items ?? [];
  const line = items.find(({ id }) => id === chosen) ?? items[0];
  return (
    <>
      <header className={styles.head}>
        <div>
          <h1>{t("sections.rules")}</h1>
          <p>{t("rules.lead")}</p>
        </div>
      </header>
      {lines.isError && <Broken again={() => void lines.refetch()} />}
      {lines.data && items.length === 0 && <p className={styles.none}>{t("none")}</p>}
      {line && (
        <>
          <div className={look.chooser}>
            <label className={styles.field}>
              {t("filter.line")}
              <select value={line.id} onChange={(event) => setChosen(event.target.value)} data-testid="rules-line">
                {items.map((one) => (
                  <option key={one.id} value={one.id}>
                    {one.address} · {one.name}
                  </option>
                ))}
              </select>
            </label>
          </div>
          <OfLine key={line.id} lineId={line.id} queueId={line.queue_id ?? ""} />
        </>
      )}
    </>
  );
}

function Broken({ again }: { again: () => void }) {
  const { t } = useTranslation("admin");
  return (
    <Empty icon={<CloudOff size={24} />} title={t("error")} text={t("errorText")}>
      <Button onClick={again}>{t("retry")}</Button>
    </Empty>
  );
}

function OfLine({ lineId, queueId }: { lineId: string; queueId: string }) {
  const { t } = useTranslation("admin");
  // Not asked again under somebody's hands: what he has changed here would be gone.
  const found = useQuery({
    queryKey: [...adminKey, "rules", lineId],
    queryFn: ({ signal }) => get<LineRules>(`/api/admin/lines/${lineId}/rules`, signal),
    retry: 1,
    refetchOnWindowFocus: false,
  });
  if (found.isError) return <Broken again={() => void found.refetch()} />;
  if (!found.data) return <Skeleton rows={5} label={t("loading")} />;
  return <RulesEditor stored={found.data} queueId={queueId} onReload={async () => (await found.refetch()).data} />;
}
