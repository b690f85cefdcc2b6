import { useQuery } from "@tanstack/react-query";
import { CloudOff, Database, Plus, Search } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { get } from "@/api/fetch";
import type { LookUp, LookUps, LookUpSource } from "@/api/types";
import { Button } from "@/ui/Button";
import { number } from "@/ui/format";
import { Empty, Skeleton } from "@/ui/States";
import { adminKey } from "./api";
import { LookUpForm, SourceForm, type SourceKind } from "./LookupForms";
import { LookUpTry, SourceTest } from "./LookupTry";
import { EditRow, Table } from "./tables";
import styles from "./Admin.module.css";
import look from "./Lookups.module.css";

/** What bots may look up in the installation's own systems. */
export function LookupsSection() {
  const { t } = useTranslation("admin");
  const table = useQuery({ queryKey: [...adminKey, "lookups"], queryFn: ({ signal }) => get<LookUps>("/api/admin/lookups", signal), retry: 1 });
  return (
    <>
      <header className={styles.head}>
        <div>
          <h1>{t("lookups.title")}</h1>
          <p>{t("lookups.lead")}</p>
        </div>
      </header>
      {table.data ? (
        <>
          <Items items={table.data.items} sources={table.data.sources} />
          <Sources sources={table.data.sources} />
        </>
      ) : table.isError ? (
        <Empty icon={<CloudOff size={24} />} title={t("error")} text={t("errorText")}>
          <Button onClick={() => void table.refetch()}>{t("retry")}</Button>
        </Empty>
      ) : (
        <Skeleton rows={5} label={t("loading")} />
      )}
    </>
  );
}

function Items({ items, sources }: { items: LookUp[]; sources: LookUpSource[] }) {
  const { t } = useTranslation("admin");
  const [edited, setEdited] = useState<string | null | undefined>(undefined);
  const [tried, setTried] = useState<LookUp | null>(null);
  const nameOf = (id: string) => sources.find((one) => one.id === id)?.name ?? "–";
  return (
    <section className={look.section} aria-labelledby="lookups-title">
      <header className={styles.head}>
        <div>
          <h2 id="lookups-title">{t("lookups.items")}</h2>
          <p>{t(sources.length > 0 ? "lookups.itemsLead" : "lookups.needsSource")}</p>
        </div>
        <Button look="primary" icon={<Plus size={16} aria-hidden="true" />} disabled={sources.length === 0} onClick={() => setEdited(null)} data-testid="add">
          {t("lookups.add")}
        </Button>
      </header>
      {items.length === 0 ? (
        <Empty icon={<Search size={24} />} title={t("lookups.noItems")} text={t("lookups.noItemsText")} />
      ) : (
        <Table heads={[t("lookups.field.name"), t("lookups.source"), t("lookups.bounds"), ""]} empty={false}>
          {items.map((one) => (
            <EditRow key={one.id} name={one.name} faint={!one.is_enabled} onEdit={() => setEdited(one.id)}>
              <td>
                {nameOf(one.source_id)}
                {!one.is_enabled && <span className={styles.chip}>{t("lookups.off")}</span>}
              </td>
              <td>
                {t("lookups.boundsOf", { rows: number(one.most_rows), seconds: number(one.time_ms / 1000) })}
                {one.cached_s > 0 && <span className={styles.chip}>{t("lookups.keptFor", { count: one.cached_s })}</span>}
                {one.is_sensitive && <span className={styles.chip}>{t("lookups.sensitive")}</span>}
              </td>
              <td className={look.deeds} onClick={(event) => event.stopPropagation()}>
                <Button size="small" aria-label={t("lookups.tryOf", { name: one.name })} onClick={() => setTried(one)} data-testid="try-lookup">
                  {t("lookups.try")}
                </Button>
              </td>
            </EditRow>
          ))}
        </Table>
      )}
      {edited !== undefined && <LookUpForm one={items.find(({ id }) => id === edited) ?? null} sources={sources} onClose={() => setEdited(undefined)} />}
      {tried && <LookUpTry one={tried} onClose={() => setTried(null)} />}
    </section>
  );
}

function Sources({ sources }: { sources: LookUpSource[] }) {
  const { t } = useTranslation("admin");
  const [edited, setEdited] = useState<{ kind: SourceKind; id: string | null } | null>(null);
  const [tested, setTested] = useState<LookUpSource | null>(null);
  const kindOf = ({ kind }: LookUpSource): SourceKind => (kind === "sql" ? "sql" : "rest");
  const addressOf = ({ settings }: LookUpSource) => (settings.url ? String(settings.url) : `${String(settings.host)}:${String(settings.port ?? 5432)}/${String(settings.database)}`);
  return (
    <section className={look.section} aria-labelledby="sources-title">
      <header className={styles.head}>
        <div>
          <h2 id="sources-title">{t("lookups.sources")}</h2>
          <p>{t("lookups.sourcesLead")}</p>
        </div>
        <div className={look.adds}>
          <Button icon={<Plus size={16} aria-hidden="true" />} onClick={() => setEdited({ kind: "sql", id: null })} data-testid="add-sql">
            {t("lookups.addSql")}
          </Button>
          <Button icon={<Plus size={16} aria-hidden="true" />} onClick={() => setEdited({ kind: "rest", id: null })} data-testid="add-rest">
            {t("lookups.addRest")}
          </Button>
        </div>
      </header>
      {sources.length === 0 ? (
        <Empty icon={<Database size={24} />} title={t("lookups.noSources")} text={t("lookups.noSourcesText")} />
      ) : (
        <Table heads={[t("lookups.field.name"), t("lookups.kind"), t("lookups.address"), ""]} empty={false}>
          {sources.map((one) => (
            <EditRow key={one.id} name={one.name} faint={!one.is_enabled} onEdit={() => setEdited({ kind: kindOf(one), id: one.id })}>
              <td>
                {t(`lookups.kinds.${kindOf(one)}`)}
                {!one.is_enabled && <span className={styles.chip}>{t("lookups.off")}</span>}
              </td>
              <td className={look.code}>{addressOf(one)}</td>
              <td className={look.deeds} onClick={(event) => event.stopPropagation()}>
                <Button size="small" aria-label={t("lookups.testOf", { name: one.name })} onClick={() => setTested(one)} data-testid="test-source">
                  {t("lookups.test")}
                </Button>
              </td>
            </EditRow>
          ))}
        </Table>
      )}
      {edited && <SourceForm kind={edited.kind} source={sources.find(({ id }) => id === edited.id) ?? null} onClose={() => setEdited(null)} />}
      {tested && <SourceTest source={tested} onClose={() => setTested(null)} />}
    </section>
  );
}
