import { useMutation, useQueryClient } from "@tanstack/react-query";
import { BellOff, BellRing } from "lucide-react";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { detailKey } from "@/api/detail";
import { post } from "@/api/fetch";
import { isObserver, useSession } from "@/api/session";
import type { ContactDetail } from "@/api/types";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { address, fullTime } from "@/ui/format";
import styles from "./PersonPanel.module.css";

const SOURCES = ["text", "desk", "provider"] as const;

interface ConsentProps {
  conversationId: string;
  contact: ContactDetail;
  number: string;
}

/** Whether the number may be texted, who said so, and the way to write down that it may not. */
export function Consent({ conversationId, contact: { consent }, number }: ConsentProps) {
  const { t } = useTranslation("contact");
  const session = useSession();
  const [asking, setAsking] = useState(false);
  const out = consent.opted_out_at !== null;
  // Against what a customer has said, only those who answer for it.
  const may = !isObserver(session) && (!out || session.user.role === "supervisor" || session.user.role === "administrator");
  const source = SOURCES.find((one) => one === consent.source) ?? "other";
  return (
    <section data-testid="consent" data-opted-out={out}>
      <h3>{t("consent.title")}</h3>
      <p className={`${styles.plain} ${styles.consent} ${out ? styles.refused : ""}`}>
        {out ? <BellOff size={15} aria-hidden="true" /> : <BellRing size={15} aria-hidden="true" />}
        <span>
          {consent.opted_out_at !== null ? t("consent.refused", { when: fullTime(consent.opted_out_at) }) : t("consent.allowed")}
          {out && ` (${t(`consent.source.${source}`)})`}
        </span>
      </p>
      {out && consent.may_answer && <p className={`${styles.plain} ${styles.faint}`}>{t("consent.answers")}</p>}
      {may && (
        <Button look="quiet" onClick={() => setAsking(true)} data-testid="consent-change">
          {t(out ? "consent.optIn" : "consent.optOut")}
        </Button>
      )}
      {asking && <Reason conversationId={conversationId} out={out} number={number} onClose={() => setAsking(false)} />}
    </section>
  );
}

function Reason({ conversationId, out, number, onClose }: { conversationId: string; out: boolean; number: string; onClose: () => void }) {
  const { t } = useTranslation("contact");
  const client = useQueryClient();
  const [reason, setReason] = useState("");
  const save = useMutation({
    mutationFn: () => post<void>(`/api/conversations/${conversationId}/${out ? "opt-in" : "opt-out"}`, { reason }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: detailKey(conversationId) });
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (reason.trim() !== "" && !save.isPending) save.mutate();
  };
  return (
    <Dialog title={t(out ? "consent.optInTitle" : "consent.optOutTitle")} closeLabel={t("consent.cancel")} onClose={onClose}>
      <form className={styles.reasonForm} onSubmit={submit}>
        <p>{out ? t("consent.optInText") : t("consent.optOutText", { number: address(number) })}</p>
        <label htmlFor="consent-reason">{t("consent.reason")}</label>
        <textarea id="consent-reason" rows={3} maxLength={300} value={reason} onChange={(event) => setReason(event.target.value)} />
        {save.isError && <p role="alert">{t("consent.failed")}</p>}
        <div>
          <Button onClick={onClose}>{t("consent.cancel")}</Button>
          <Button type="submit" look="primary" disabled={reason.trim() === "" || save.isPending} data-testid="consent-save">
            {t("consent.save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
