import { Fingerprint } from "lucide-react";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/fetch";
import { Button } from "@/ui/Button";
import { useSecondStep, type Factor } from "./api";
import { canPasskey } from "./webauthn";
import styles from "./SignInPage.module.css";

/** After the password: a code, or a passkey. The server knows of nobody who is signed in before it is shown. */
export function SecondStep({ factors, onBack }: { factors: Factor[]; onBack: () => void }) {
  const { t } = useTranslation("security");
  const { t: tSession } = useTranslation("session");
  const step = useSecondStep();
  const [code, setCode] = useState("");
  const byCode = factors.includes("totp") || factors.includes("recovery_codes");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (code.trim() !== "") step.mutate({ code: code.trim() });
  };
  const explain = (failure: Error) => {
    if (!(failure instanceof ApiError)) return t("proof.refused");
    if (failure.status === 0) return t("unreachable");
    if (failure.status === 429) return tSession("tooMany");
    return Object.values(failure.fields)[0] || failure.message || t("failed");
  };
  return (
    <form onSubmit={submit} noValidate aria-label={t("second.title")}>
      <h1>{t("second.title")}</h1>
      {byCode && (
        <div className={styles.field}>
          <label htmlFor="second-code">{t("second.lead")}</label>
          <input id="second-code" data-testid="second-code" inputMode="numeric" autoComplete="one-time-code" autoFocus value={code} aria-invalid={step.isError || undefined} aria-describedby="second-hint" onChange={(event) => setCode(event.target.value)} />
          <p id="second-hint" className={styles.hint}>{t("second.recovery")}</p>
        </div>
      )}
      <div role="alert">{step.error && <p className={styles.failure}>{explain(step.error)}</p>}</div>
      {byCode && (
        <Button type="submit" look="primary" className={styles.submit} data-testid="second-submit" disabled={step.isPending}>
          {t("proof.go")}
        </Button>
      )}
      {factors.includes("webauthn") && canPasskey() && (
        <Button className={styles.submit} icon={<Fingerprint size={16} aria-hidden="true" />} data-testid="second-passkey" disabled={step.isPending} onClick={() => step.mutate("passkey")}>
          {t("proof.passkey")}
        </Button>
      )}
      <Button look="quiet" className={styles.submit} onClick={onBack}>
        {t("second.back")}
      </Button>
    </form>
  );
}
