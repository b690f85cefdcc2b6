import { useQuery } from "@tanstack/react-query";
import { CloudOff, Search } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { useTranslation } from "react-i18next";
import { get, query } from "@/api/fetch";
import type { OptOut, SaidOfNumber } from "@/api/types";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { address, fullTime } from "@/ui/format";
import { Empty, Skeleton } from "@/ui/States";
import { typeset } from "@/ui/typeset";
import { adminKey } from "./api";
import { Keywords } from "./Keywords";
import { Table } from "./tables";
import styles from "./Admin.module.css";
import look from "./Consent.module.css";

const PAGE = 100;
const SOURCES = ["text", "desk", "provider"] as const;
const KINDS = ["opt_out", "opt_in", "help"] as const;

/** Who wants no more texts, with the proof; below, the words that each line obeys. */
export function ConsentSection() {
  const { t } = useTranslation("admin");
  return (
    <>
      <header className={styles.head}>
        <div>
          <h1>{t("sections.consent")}</h1>
          <p>{t("lead.consent")}</p>
        </div>
      </header>
      <OptOuts />
      <Keywords />
    </>
  );
}

function OptOuts() {
  const { t } = useTranslation("admin");
  const [typed, setTyped] = useState("");
  const [number, setNumber] = useState<string | null>(null);
  const q = useDeferredValue(typed.trim());
  const found = useQuery({
    queryKey: [...adminKey, "opt-outs", q],
    queryFn: ({ signal }) => get<{ items: OptOut[] }>(`/api/opt-outs${query({ q: q || null })}`, signal),
    placeholderData: (before) => before,
    retry: 1,
  });
  if (found.isError)
    return (
      <Empty icon={<CloudOff size={24} />} title={t("error")} text={t("errorText")}>
        <Button onClick={() => void found.refetch()}>{t("retry")}</Button>
      </Empty>
    );
  if (!found.data) return <Skeleton rows={4} label={t("loading")} />;
  const { items } = found.data;
  return (
    <section className={look.section}>
      <label className={`${styles.field} ${look.search}`}>
        <Search size={16} aria-hidden="true" />
        <span className="visually-hidden">{t("consent.search")}</span>
        <input type="search" value={typed} placeholder={t("consent.search")} maxLength={60} onChange={(event) => setTyped(event.target.value)} data-testid="opt-outs-search" />
      </label>
      {items.length === 0 ? (
        <p className={look.none}>{t(q ? "consent.noneFound" : "consent.none")}</p>
      ) : (
        <Table heads={[t("consent.heads.number"), t("consent.heads.since"), t("consent.heads.source")]} empty={false}>
          {items.map((one) => (
            <tr key={one.number}>
              <th scope="row">
                <button type="button" className={styles.name} onClick={() => setNumber(one.number)}>
                  {address(one.number)}
                </button>
              </th>
              <td>
                <time dateTime={one.since}>{fullTime(one.since)}</time>
              </td>
              <td>{t(`consent.source.${SOURCES.find((source) => source === one.source) ?? "other"}`)}</td>
            </tr>
          ))}
        </Table>
      )}
      {items.length >= PAGE && <p className={look.none}>{t("consent.most")}</p>}
      {number !== null && <Said number={number} onClose={() => setNumber(null)} />}
    </section>
  );
}

/** Everything that was ever said about texting a number, newest first. */
function Said({ number, onClose }: { number: string; onClose: () => void }) {
  const { t } = useTranslation("admin");
  const said = useQuery({
    queryKey: [...adminKey, "said", number],
    queryFn: ({ signal }) => get<{ items: SaidOfNumber[] }>(`/api/opt-outs/said${query({ number })}`, signal),
    retry: 1,
  });
  return (
    <Dialog title={t("consent.show", { number: address(number) })} closeLabel={t("close")} look="side" onClose={onClose}>
      {said.data ? (
        <ol className={look.said}>
          {said.data.items.map((one) => (
            <li key={`${one.at} ${one.kind}`}>
              <p>
                <strong>{t(`consent.said.${KINDS.find((kind) => kind === one.kind) ?? "other"}`)}</strong>
                {!one.changed && <span className={styles.chip}>{t("consent.unchanged")}</span>}
              </p>
              <p dir="auto">{typeset(t("consent.words", { words: one.words }))}</p>
              <p className={look.faint}>
                {one.by ?? t(`consent.source.${SOURCES.find((source) => source === one.source) ?? "other"}`)} · <time dateTime={one.at}>{fullTime(one.at)}</time>
              </p>
            </li>
          ))}
        </ol>
      ) : said.isError ? (
        <p className={look.none}>{t("error")}</p>
      ) : (
        <Skeleton rows={3} look="lines" label={t("loading")} />
      )}
    </Dialog>
  );
}
