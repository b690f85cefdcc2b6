import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { get } from "@/api/fetch";
import type { FrontFilter } from "@/api/types";
import { Skeleton } from "@/ui/States";
import { adminKey } from "./api";
import { FilterEditor } from "./FilterEditor";
import { FilterPassages } from "./FilterPassages";
import { Broken, OfEachLine } from "./OfEachLine";

/** Who is let in to a line: its checks, trying a number, who passed and who was refused. */
export function FilterSection() {
  const { t } = useTranslation("admin");
  return (
    <OfEachLine title={t("sections.filter")} lead={t("filter.lead")} testId="filter-line">
      {(line) => <OfLine key={line.id} lineId={line.id} hasBot={line.bot !== ""} />}
    </OfEachLine>
  );
}

function OfLine({ lineId, hasBot }: { lineId: string; hasBot: boolean }) {
  const { t } = useTranslation("admin");
  const key = [...adminKey, "filter", lineId];
  // Not asked again under somebody's hands: what he has changed here would be gone.
  const found = useQuery({ queryKey: key, queryFn: ({ signal }) => get<FrontFilter>(`/api/admin/lines/${lineId}/filter`, signal), retry: 1, refetchOnWindowFocus: false });
  if (found.isError) return <Broken again={() => void found.refetch()} />;
  if (!found.data) return <Skeleton rows={5} label={t("loading")} />;
  return (
    <>
      <FilterEditor stored={found.data} storedKey={key} hasBot={hasBot} />
      <FilterPassages lineId={lineId} />
    </>
  );
}
