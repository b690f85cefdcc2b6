import { useMutation } from "@tanstack/react-query";
import { Fingerprint } from "lucide-react";
import { useEffect, useRef, useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/fetch";
import { Button } from "@/ui/Button";
import { typeset } from "@/ui/typeset";
import { prove, reasonOf, type Proof, type Ways } from "./securityApi";
import { canPasskey } from "./webauthn";
import styles from "./SignInPage.module.css";

interface ProofFormProps {
  ways: Ways["ways"];
  /** What its button says, and while it works. */
  go: string;
  going: string;
  /** A factor is wanted where there is one: a password would open the desk, and not what is asked for. */
  strong?: boolean;
  onProved: () => void;
}

/** Shows who is there: a password, a code or a passkey. */
export function ProofForm({ ways, go, going, strong = false, onProved }: ProofFormProps) {
  const { t } = useTranslation("security");
  const hasFactor = ways.includes("code") || ways.includes("passkey");
  const byPassword = ways.includes("password") && !(strong && hasFactor);
  const byCode = ways.includes("code") && !byPassword;
  const byPasskey = ways.includes("passkey") && canPasskey();
  const [given, setGiven] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const check = useMutation({ mutationFn: (by: Proof) => prove(by), onSuccess: onProved, onError: () => field.current?.select() });
  useEffect(() => field.current?.focus(), []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (given !== "") check.mutate(byPassword ? { password: given } : { code: given });
  };
  const failure = check.error instanceof ApiError || !check.error ? reasonOf(check.error, t("failed"), t("unreachable")) : t("proof.refused");
  return (
    <form onSubmit={submit} noValidate>
      {(byPassword || byCode) && (
        <div className={styles.field}>
          <label htmlFor="proof">{byPassword ? t("proof.password") : t("proof.code")}</label>
          <input
            ref={field}
            id="proof"
            data-testid="proof"
            data-autofocus
            type={byPassword ? "password" : "text"}
            inputMode={byPassword ? undefined : "numeric"}
            autoComplete={byPassword ? "current-password" : "one-time-code"}
            aria-invalid={failure !== "" || undefined}
            value={given}
            onChange={(event) => setGiven(event.target.value)}
          />
        </div>
      )}
      <div role="alert">{failure && <p className={styles.failure}>{typeset(failure)}</p>}</div>
      {(byPassword || byCode) && (
        <Button type="submit" look="primary" className={styles.submit} data-testid="prove" disabled={check.isPending}>
          {check.isPending ? going : go}
        </Button>
      )}
      {byPasskey && (
        <Button className={styles.submit} icon={<Fingerprint size={16} aria-hidden="true" />} data-testid="prove-passkey" disabled={check.isPending} onClick={() => check.mutate("passkey")}>
          {t("proof.passkey")}
        </Button>
      )}
    </form>
  );
}
