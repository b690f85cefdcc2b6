import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { onProofAsked } from "@/api/fetch";
import { Dialog } from "@/ui/Dialog";
import { Skeleton } from "@/ui/States";
import { ProofForm } from "./ProofForm";
import { useWays } from "./securityApi";
import styles from "./Security.module.css";

/** Asks once more who is there, for whatever of the screen has met "prove_again"; all that wait share one answer. */
export function ProofHost() {
  const waiting = useRef<((shown: boolean) => void)[]>([]);
  const [asked, setAsked] = useState(false);
  const settle = (shown: boolean) => {
    setAsked(false);
    for (const one of waiting.current.splice(0)) one(shown);
  };
  useEffect(() => {
    const list = waiting.current;
    onProofAsked(
      () =>
        new Promise((resolve) => {
          list.push(resolve);
          setAsked(true);
        }),
    );
    return () => {
      onProofAsked(null);
      for (const one of list.splice(0)) one(false);
    };
  }, []);
  return asked ? <ProofDialog onEnd={settle} /> : null;
}

function ProofDialog({ onEnd }: { onEnd: (shown: boolean) => void }) {
  const { t } = useTranslation("security");
  const { data } = useWays();
  return (
    <Dialog title={t("proof.title")} closeLabel={t("close")} onClose={() => onEnd(false)}>
      <div className={styles.inDialog}>
        <p>{t("proof.lead")}</p>
        {data ? <ProofForm ways={data.ways} go={t("proof.go")} going={t("proof.going")} strong onProved={() => onEnd(true)} /> : <Skeleton rows={2} label={t("loading")} />}
      </div>
    </Dialog>
  );
}
