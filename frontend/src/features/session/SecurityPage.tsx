import { CloudOff } from "lucide-react";
import { useState, type FormEvent, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, post } from "@/api/fetch";
import { Button } from "@/ui/Button";
import { fullTime } from "@/ui/format";
import { Empty, Skeleton } from "@/ui/States";
import { toast } from "@/ui/toasts";
import { typeset } from "@/ui/typeset";
import { Passkeys, Recovery, Totp } from "./Factors";
import { Deeds, OwnSessions } from "./OwnSessions";
import { PasswordField } from "./PasswordField";
import { RecoveryCodes } from "./RecoveryCodes";
import { reasonOf, useDeed, useSecurity } from "./securityApi";
import styles from "./Security.module.css";
import fields from "./SignInPage.module.css";

/** One's own account. `held`: only a second factor may be set up, and `onReady` is called when there is one. */
export default function SecurityPage({ held = false, onReady, beside }: { held?: boolean; onReady?: () => void; beside?: ReactNode }) {
  const { t } = useTranslation("security");
  const security = useSecurity();
  const [codes, setCodes] = useState<string[]>([]);
  const { data } = security;
  const ready = data && (data.factors.totp || data.factors.passkeys.length > 0);
  const took = (made: string[]) => {
    if (made.length > 0) setCodes(made);
    else onReady?.();
  };
  return (
    <main className={styles.page}>
      <div className={styles.inside}>
        <header className={styles.head}>
          <h1>{t("page.title")}</h1>
          <p>{t("page.lead")}</p>
        </header>
        {held && (
          <div className={styles.notice} role="status" data-testid="held">
            <strong>{t("page.held")}</strong>
            <p>{t("page.heldText")}</p>
            <div className={styles.buttons}>
              {ready && <Button look="primary" onClick={onReady}>{t("page.toDesk")}</Button>}
              {beside}
            </div>
          </div>
        )}
        {!held && data?.due_at && !ready && (
          <p className={styles.notice} role="status">
            {t("page.due", { when: fullTime(data.due_at) })}
          </p>
        )}
        {data ? (
          <>
            <Totp factors={data.factors} onCodes={took} />
            <Passkeys factors={data.factors} onCodes={took} />
            <Recovery factors={data.factors} onCodes={setCodes} />
            {!held && data.has_password && <PasswordForm />}
            {!held && <OwnSessions sessions={data.sessions} />}
            {!held && <Deeds deeds={data.deeds} />}
          </>
        ) : security.isError ? (
          <Empty icon={<CloudOff size={24} />} title={t("failed")} text={t("unreachable")}>
            <Button onClick={() => void security.refetch()}>{t("retry")}</Button>
          </Empty>
        ) : (
          <Skeleton rows={6} label={t("loading")} />
        )}
      </div>
      {codes.length > 0 && (
        <RecoveryCodes
          codes={codes}
          onClose={() => {
            setCodes([]);
            onReady?.();
          }}
        />
      )}
    </main>
  );
}

function PasswordForm() {
  const { t } = useTranslation("security");
  const [old, setOld] = useState("");
  const [fresh, setFresh] = useState("");
  const change = useDeed((given: { old: string; new: string }) => post("/api/security/password", given));
  const refused = change.error instanceof ApiError ? change.error.fields : {};
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate(
      { old, new: fresh },
      {
        onSuccess: () => {
          setOld("");
          setFresh("");
          toast(t("password.changed"));
        },
      },
    );
  };
  return (
    <section className={styles.card} aria-labelledby="password-title">
      <h2 id="password-title">{t("password.title")}</h2>
      <p>{t("password.text")}</p>
      <form className={styles.form} onSubmit={submit} noValidate>
        <div className={fields.field}>
          <label htmlFor="password-old">{t("password.old")}</label>
          <input id="password-old" type="password" autoComplete="current-password" value={old} aria-invalid={refused.old ? true : undefined} onChange={(event) => setOld(event.target.value)} />
        </div>
        <PasswordField id="password-new" label={t("password.fresh")} value={fresh} error={refused.new ?? ""} onChange={setFresh} />
        <p role="alert" className={styles.failure}>{typeset(reasonOf(change.error, t("failed"), t("unreachable")))}</p>
        <div className={styles.buttons}>
          <Button type="submit" disabled={change.isPending || old === "" || fresh === ""}>
            {t("password.change")}
          </Button>
        </div>
      </form>
    </section>
  );
}
