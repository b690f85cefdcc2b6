import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/Button";
import { number } from "@/ui/format";
import { useTotal } from "./api";
import type { Filters } from "./filters";
import styles from "./History.module.css";

/** How many texts the filters let through: at once where that is quick, exactly when somebody asks. `of`: raised to count again. */
export function Total({ filters, of }: { filters: Filters; of: number }) {
  const { t } = useTranslation("history");
  const [exactly, setExactly] = useState(false);
  const quick = useTotal(filters, false, of);
  const thorough = useTotal(filters, true, of, exactly && quick.data?.exact === false);
  const found = thorough.data?.exact ? thorough.data : quick.data;
  const late = exactly && (thorough.isError || thorough.data?.exact === false);
  return (
    <p className={styles.total} role="status" data-testid="history-total">
      {!found ? (
        quick.isError ? t("total.unknown") : t("total.counting")
      ) : found.total === null ? (
        t("total.unknown")
      ) : found.exact ? (
        t("total.exact", { count: found.total, value: number(found.total) })
      ) : (
        t("total.atLeast", { value: number(found.total) })
      )}
      {found && !found.exact && !late && (
        <Button look="quiet" size="small" disabled={exactly} onClick={() => setExactly(true)} data-testid="count-exactly">
          {exactly ? t("total.counting") : t("total.count")}
        </Button>
      )}
      {late && <span>{t("total.late")}</span>}
    </p>
  );
}
