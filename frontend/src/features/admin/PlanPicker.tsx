import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { get, query } from "@/api/fetch";
import type { NumberingPlan } from "@/api/types";
import { adminKey } from "./api";
import styles from "./Admin.module.css";

/** Takes an operator's prefixes from the numbering plan of a country. A plan says whose a range was, not who serves a number today. */
export function PlanPicker({ onTake }: { onTake: (prefixes: string) => void }) {
  const { t, i18n } = useTranslation("admin");
  const id = useId();
  const [open, setOpen] = useState(false);
  const [region, setRegion] = useState("");
  const { data, isError } = useQuery({
    queryKey: [...adminKey, "plan", region],
    queryFn: ({ signal }) => get<NumberingPlan>(`/api/admin/numbering${query({ region: region || null })}`, signal),
    enabled: open,
    staleTime: Infinity,
    placeholderData: (before) => before,
    retry: 1,
  });
  const names = new Intl.DisplayNames([i18n.language], { type: "region" });
  const countries = (data?.regions ?? []).map((code) => ({ code, name: names.of(code) ?? code })).sort((a, b) => a.name.localeCompare(b.name, i18n.language));
  return (
    <details className={styles.plan} data-testid="plan" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t("plan.take")}</summary>
      {isError && <p className={styles.error}>{t("error")}</p>}
      {data && (
        <>
          <label htmlFor={`${id}-country`}>{t("plan.country")}</label>
          <select id={`${id}-country`} value={data.region} onChange={(event) => setRegion(event.target.value)}>
            {countries.map(({ code, name }) => (
              <option key={code} value={code}>
                {name}
              </option>
            ))}
          </select>
          <label htmlFor={`${id}-operator`}>{t("field.operator")}</label>
          <select
            id={`${id}-operator`}
            value=""
            disabled={data.operators.length === 0}
            onChange={(event) => onTake((data.operators.find(({ name }) => name === event.target.value)?.prefixes ?? []).join(" "))}
          >
            <option value="">{t(data.operators.length > 0 ? "plan.choose" : "plan.none")}</option>
            {data.operators.map(({ name }) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </>
      )}
    </details>
  );
}
