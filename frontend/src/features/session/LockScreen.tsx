import { useQueryClient } from "@tanstack/react-query";
import { useEffect, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { sessionKey } from "@/api/session";
import { Button } from "@/ui/Button";
import { useSignIn } from "./api";
import { setLocked } from "./lock";
import { ProofForm } from "./ProofForm";
import { useWays } from "./securityApi";
import styles from "./SignInPage.module.css";

/** Stands in the place of the desk, of which nothing is left in the page. `onOther`: signs out, for somebody else. */
export function LockScreen({ logo, product, onOther }: { logo: ReactNode; product: string; onOther: () => void }) {
  const { t } = useTranslation("security");
  const client = useQueryClient();
  const ways = useWays();
  const signIn = useSignIn();
  useEffect(() => {
    document.title = product;
    document.getElementById("favicon")?.setAttribute("href", `${import.meta.env.BASE_URL}favicon/0.svg`);
  }, [product]);
  const open = () => {
    // What was fetched before is old: the desk begins from what is there now, at the address where it was.
    client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionKey[0] });
    void client.resetQueries({ queryKey: sessionKey });
    setLocked(false);
  };
  const { data, isError } = ways;
  return (
    <div className={styles.page} data-testid="locked">
      <main className={styles.card}>
        <div className={styles.brand}>{logo}</div>
        <h1>{t("lock.title")}</h1>
        {data && <p className={styles.hint}>{t("lock.lead", { name: data.name })}</p>}
        <p className={styles.hint}>{t("lock.kept")}</p>
        {data?.one_click && (
          <Button look="primary" className={styles.submit} data-testid="unlock-demo" disabled={signIn.isPending} onClick={() => signIn.mutate({ demo: data.one_click! })}>
            {t("lock.oneClick", { name: data.name })}
          </Button>
        )}
        {data && data.ways.length > 0 && <ProofForm ways={data.ways} go={t("lock.open")} going={t("lock.opening")} onProved={open} />}
        {isError && (
          <div role="alert">
            <p className={styles.failure}>{t("unreachable")}</p>
            <Button onClick={() => void ways.refetch()}>{t("retry")}</Button>
          </div>
        )}
      </main>
      <div className={styles.languages}>
        <Button look="quiet" size="small" onClick={onOther}>
          {t("lock.other")}
        </Button>
      </div>
    </div>
  );
}
