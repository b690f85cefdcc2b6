import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { useTranslation } from "react-i18next";
import { get, post, query } from "@/api/fetch";
import type { WrongNumbersTable } from "@/api/types";
import { Button } from "@/ui/Button";
import { address, fullTime, number } from "@/ui/format";
import { Skeleton } from "@/ui/States";
import { toast } from "@/ui/toasts";
import { adminKey } from "./api";
import { Table } from "./tables";
import styles from "./Admin.module.css";
import look from "./Numbers.module.css";

/** Numbers to which an operator refused a text for good, and said that it was the number's fault. */
export function WrongNumbers() {
  const { t, i18n } = useTranslation("admin");
  const client = useQueryClient();
  const [wanted, setWanted] = useState("");
  const asked = useDeferredValue(wanted.trim());
  const table = useQuery({
    queryKey: [...adminKey, "wrong", asked],
    queryFn: ({ signal }) => get<WrongNumbersTable>(`/api/admin/wrong-numbers${query({ number: asked })}`, signal),
    placeholderData: (before) => before,
    retry: 1,
  });
  const forget = useMutation({
    mutationFn: (wrong: string) => post<WrongNumbersTable>("/api/admin/wrong-numbers/forget", { number: wrong }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: [...adminKey, "wrong"] });
      toast(t("numbers.removed"));
    },
  });
  return (
    <section className={look.section}>
      <h2>
        {t("numbers.wrong")} {table.data && table.data.total > 0 && <span className={styles.chip}>{number(table.data.total)}</span>}
      </h2>
      <p className={look.text}>{t("numbers.wrongText")}</p>
      <label className={look.find}>
        <span>{t("numbers.find")}</span>
        <input type="search" inputMode="tel" value={wanted} onChange={(event) => setWanted(event.target.value)} data-testid="find-wrong" />
      </label>
      {table.data ? (
        <Table heads={[t("numbers.number"), t("numbers.reason"), t("numbers.times"), t("numbers.last"), ""]} empty={table.data.items.length === 0} label={t("numbers.wrong")}>
          {table.data.items.map((one) => (
            <tr key={one.number}>
              <th scope="row" className={styles.figure}>{address(one.number)}</th>
              <td>
                {(i18n.language === "fr" ? one.fr : one.en) || one.code} <span className={look.faint}>{[one.link, one.code].filter(Boolean).join(" · ")}</span>
              </td>
              <td className={styles.figure}>{number(one.times)}</td>
              <td className={styles.when}>{fullTime(one.last_at)}</td>
              <td>
                <Button size="small" look="quiet" disabled={forget.isPending} onClick={() => forget.mutate(one.number)} aria-label={`${t("numbers.remove")} ${address(one.number)}`}>
                  {t("numbers.remove")}
                </Button>
              </td>
            </tr>
          ))}
        </Table>
      ) : table.isError ? (
        <p className={styles.none}>{t("error")}</p>
      ) : (
        <Skeleton rows={3} label={t("loading")} />
      )}
    </section>
  );
}
