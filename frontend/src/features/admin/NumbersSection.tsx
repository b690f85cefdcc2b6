import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { CloudOff, Upload } from "lucide-react";
import { useDeferredValue, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, get, query } from "@/api/fetch";
import { PIECE } from "@/api/pieces";
import type { Imported as Counted, PortedTable } from "@/api/types";
import { Button } from "@/ui/Button";
import { address, number, percent } from "@/ui/format";
import { Empty, Skeleton } from "@/ui/States";
import { adminKey } from "./api";
import { sendFile, type Step } from "./listUpload";
import { Table } from "./tables";
import { WrongNumbers } from "./WrongNumbers";
import styles from "./Admin.module.css";
import look from "./Numbers.module.css";

/** What stands in the facts of a file that has been read; `problems`: its first lines that could not be. */
type Imported = Omit<Counted, "problems"> & { problems: [line: number, code: string][] };

/** What a file that cannot be read is refused for. */
const FAULTS = ["file_empty", "file_spreadsheet", "file_not_text", "csv_broken", "no_rows"] as const;

/** Which operator serves a number: the portability table; and the numbers that operators refused for good. */
export function NumbersSection() {
  const { t } = useTranslation("admin");
  return (
    <>
      <header className={styles.head}>
        <div>
          <h1>{t("sections.numbers")}</h1>
          <p>{t("numbers.lead")}</p>
        </div>
      </header>
      <Portability />
      <WrongNumbers />
    </>
  );
}

function Portability() {
  const { t } = useTranslation("admin");
  const [wanted, setWanted] = useState("");
  const asked = useDeferredValue(wanted.trim());
  const table = useQuery({
    queryKey: [...adminKey, "ported", asked],
    queryFn: ({ signal }) => get<PortedTable>(`/api/admin/ported${query({ number: asked })}`, signal),
    placeholderData: (before) => before,
    retry: 1,
  });
  return (
    <section className={look.section}>
      <h2>{t("numbers.ported")}</h2>
      {table.data ? (
        <>
          <p className={look.text}>{t("numbers.portedText", { total: number(table.data.total) })}</p>
          <Import />
          <label className={look.find}>
            <span>{t("numbers.find")}</span>
            <input type="search" inputMode="tel" value={wanted} onChange={(event) => setWanted(event.target.value)} />
          </label>
          <Table heads={[t("numbers.number"), t("numbers.operator")]} empty={table.data.items.length === 0} label={t("numbers.ported")}>
            {table.data.items.map((one) => (
              <tr key={one.number}>
                <th scope="row" className={styles.figure}>{address(one.number)}</th>
                <td>{one.operator}</td>
              </tr>
            ))}
          </Table>
        </>
      ) : table.isError ? (
        <Empty icon={<CloudOff size={24} />} title={t("error")} text={t("errorText")}>
          <Button onClick={() => void table.refetch()}>{t("retry")}</Button>
        </Empty>
      ) : (
        <Skeleton rows={4} label={t("loading")} />
      )}
    </section>
  );
}

function Import() {
  const { t } = useTranslation("admin");
  const client = useQueryClient();
  const file = useRef<HTMLInputElement>(null);
  const [replace, setReplace] = useState(false);
  const [step, setStep] = useState<Step | null>(null);
  const bring = useMutation({
    mutationFn: async (given: File) => {
      const { state, error, facts } = await sendFile(null, given, replace, PIECE, setStep);
      if (state === "done") return facts as unknown as Imported;
      const known = FAULTS.find((one) => one === error);
      throw new ApiError(422, error, known ? t(`numbers.fault.${known}`, { line: String(facts.line ?? "") }) : t("errorText"));
    },
    onSettled: () => setStep(null),
    onSuccess: () => client.invalidateQueries({ queryKey: [...adminKey, "ported"] }),
  });
  return (
    <div className={look.import}>
      <p className={styles.hint}>{t("numbers.format")}</p>
      <div className={look.row}>
        <input
          ref={file}
          type="file"
          accept=".csv,text/csv,text/plain"
          className="visually-hidden"
          tabIndex={-1}
          aria-label={t("numbers.choose")}
          onChange={(event) => {
            const [given] = event.target.files ?? [];
            if (given) bring.mutate(given);
            event.target.value = "";
          }}
        />
        <Button icon={<Upload size={16} aria-hidden="true" />} disabled={bring.isPending} onClick={() => file.current?.click()}>
          {t("numbers.choose")}
        </Button>
        <label className={styles.check}>
          <input type="checkbox" checked={replace} onChange={(event) => setReplace(event.target.checked)} />
          <span>{t("numbers.replace")}</span>
        </label>
      </div>
      <div role="status">
        {step && <p>{t(`numbers.${step.phase}`, { percent: percent(step.fraction) })}</p>}
        {bring.data && !bring.isPending && <Done done={bring.data} />}
        {bring.error && (
          <p className={styles.error}>
            {t("numbers.failed", { reason: bring.error instanceof ApiError && bring.error.message ? bring.error.message : t("unreachable") })}
          </p>
        )}
      </div>
    </div>
  );
}

const PROBLEMS = ["number", "operator", "columns"] as const;

function Done({ done }: { done: Imported }) {
  const { t } = useTranslation("admin");
  return (
    <>
      <p>
        {t("numbers.done", { added: number(done.added), changed: number(done.changed), same: number(done.same), removed: number(done.removed) })}
      </p>
      {done.unknown_operators.length > 0 && <p className={look.warning}>{t("numbers.unknownOperators", { names: done.unknown_operators.join(", ") })}</p>}
      {done.refused > 0 && (
        <>
          <p className={styles.error}>{t("numbers.refused", { total: number(done.refused) })}</p>
          <ul className={look.problems}>
            {done.problems.map(([line, code]) => (
              <li key={line}>{t(`numbers.problem.${PROBLEMS.find((one) => one === code) ?? "columns"}`, { line })}</li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}
