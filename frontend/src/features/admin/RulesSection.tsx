import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { get } from "@/api/fetch";
import type { LineRules } from "@/api/types";
import { Skeleton } from "@/ui/States";
import { adminKey } from "./api";
import { RulesEditor } from "./RulesEditor";
import { Broken, OfEachLine } from "./OfEachLine";

/** Which queue a line's conversations wait in: its rules, and trying a text on them. */
export function RulesSection() {
  const { t } = useTranslation("admin");
  return (
    <OfEachLine title={t("sections.rules")} lead={t("rules.lead")} testId="rules-line">
      {(line) => <OfLine key={line.id} lineId={line.id} queueId={line.queue_id ?? ""} />}
    </OfEachLine>
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
