import type { UseQueryResult } from "@tanstack/react-query";
import { CloudOff, Plus } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/Button";
import { Empty, Skeleton } from "@/ui/States";
import styles from "./Admin.module.css";

interface SectionProps<T> {
  title: string;
  lead: string;
  table: UseQueryResult<T>;
  /** What its button says; absent: nothing is added here. */
  add?: string;
  onAdd?: () => void;
  beside?: ReactNode;
  children: (data: T) => ReactNode;
}

/** A section of the administration: what it is for, what there is, or why there is nothing to see. */
export function Section<T>({ title, lead, table, add, onAdd, beside, children }: SectionProps<T>) {
  const { t } = useTranslation("admin");
  return (
    <>
      <header className={styles.head}>
        <div>
          <h1>{title}</h1>
          <p>{lead}</p>
          {beside}
        </div>
        {add && (
          <Button look="primary" icon={<Plus size={16} aria-hidden="true" />} onClick={onAdd} data-testid="add">
            {add}
          </Button>
        )}
      </header>
      {table.data !== undefined ? (
        children(table.data)
      ) : table.isError ? (
        <Empty icon={<CloudOff size={24} />} title={t("error")} text={t("errorText")}>
          <Button onClick={() => void table.refetch()}>{t("retry")}</Button>
        </Empty>
      ) : (
        <Skeleton rows={6} label={t("loading")} />
      )}
    </>
  );
}
