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
      <Loaded table={table}>{children}</Loaded>
    </>
  );
}

/** What was fetched, or why it is not there. */
export function Loaded<T>({ table, children }: Pick<SectionProps<T>, "table" | "children">) {
  const { t } = useTranslation("admin");
  if (table.data !== undefined) return children(table.data);
  if (!table.isError) return <Skeleton rows={6} label={t("loading")} />;
  return (
    <Empty icon={<CloudOff size={24} />} title={t("error")} text={t("errorText")}>
      <Button onClick={() => void table.refetch()}>{t("retry")}</Button>
    </Empty>
  );
}
