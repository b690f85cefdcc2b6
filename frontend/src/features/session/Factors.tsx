import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { post } from "@/api/fetch";
import type { Schemas } from "@/api/types";
import { Button } from "@/ui/Button";
import { fullTime } from "@/ui/format";
import { toast } from "@/ui/toasts";
import { typeset } from "@/ui/typeset";
import { QrCode } from "./QrCode";
import { addPasskey, reasonOf, useDeed, type Security } from "./securityApi";
import { canPasskey } from "./webauthn";
import styles from "./Security.module.css";
import fields from "./SignInPage.module.css";

type Begun = Schemas["TotpShown"];
interface Props {
  factors: Security["factors"];
  onCodes: (codes: string[]) => void;
}

export function Totp({ factors, onCodes }: Props) {
  const { t } = useTranslation("security");
  const [begun, setBegun] = useState<Begun | null>(null);
  const [code, setCode] = useState("");
  const begin = useDeed(() => post<Begun>("/api/security/totp/begin"));
  const add = useDeed((given: string) => post<Schemas["CodesShown"]>("/api/security/totp", { offer: begun!.offer, code: given }));
  const remove = useDeed(() => post("/api/security/factors/remove", {}));
  const failure = reasonOf(begin.error ?? add.error ?? remove.error, t("failed"), t("unreachable"));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate(code, {
      onSuccess: ({ recovery_codes }) => {
        setBegun(null);
        setCode("");
        toast(t("totp.added"));
        onCodes(recovery_codes);
      },
    });
  };
  return (
    <section className={styles.card} aria-labelledby="totp-title">
      <div className={styles.title}>
        <h2 id="totp-title">
          {t("totp.title")}
          <span className={styles.chip}>{factors.totp ? t("totp.on") : t("totp.off")}</span>
        </h2>
        {factors.totp ? (
          <Button size="small" data-testid="totp-remove" disabled={remove.isPending} onClick={() => remove.mutate(undefined, { onSuccess: () => toast(t("totp.removed")) })}>
            {t("totp.remove")}
          </Button>
        ) : (
          !begun && (
            <Button size="small" look="primary" data-testid="totp-add" disabled={begin.isPending} onClick={() => begin.mutate(undefined, { onSuccess: setBegun })}>
              {t("totp.add")}
            </Button>
          )
        )}
      </div>
      <p>{t("totp.text")}</p>
      {begun && !factors.totp && (
        <form className={styles.form} onSubmit={submit} noValidate>
          <p>{t("totp.scan")}</p>
          <QrCode rows={begun.qr} label={t("totp.picture")} className={styles.qr} />
          <p>
            {t("totp.key")} <span className={styles.key} data-testid="totp-key">{begun.secret}</span>
          </p>
          <div className={fields.field}>
            <label htmlFor="totp-code">{t("totp.code")}</label>
            <input id="totp-code" inputMode="numeric" autoComplete="one-time-code" autoFocus value={code} aria-invalid={add.isError || undefined} onChange={(event) => setCode(event.target.value)} />
          </div>
          <div className={styles.buttons}>
            <Button type="submit" look="primary" data-testid="totp-confirm" disabled={add.isPending || code.trim() === ""}>
              {t("totp.confirm")}
            </Button>
            <Button onClick={() => setBegun(null)}>{t("cancel")}</Button>
          </div>
        </form>
      )}
      <p role="alert" className={styles.failure}>{typeset(failure)}</p>
    </section>
  );
}

export function Passkeys({ factors, onCodes }: Props) {
  const { t } = useTranslation("security");
  const [name, setName] = useState("");
  const add = useDeed(addPasskey);
  const remove = useDeed((passkey: number) => post("/api/security/factors/remove", { passkey }));
  const failure = reasonOf(add.error ?? remove.error, t("passkey.noGo"), t("unreachable"));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate(name, {
      onSuccess: (codes) => {
        setName("");
        toast(t("passkey.added"));
        onCodes(codes);
      },
    });
  };
  return (
    <section className={styles.card} aria-labelledby="passkeys-title">
      <h2 id="passkeys-title">{t("passkey.title")}</h2>
      <p>{t("passkey.text")}</p>
      <ul className={styles.rows}>
        {factors.passkeys.map((one) => (
          <li key={one.id} data-testid="passkey">
            <div>
              {one.name}
              <small>{one.used_at ? t("passkey.used", { when: fullTime(one.used_at) }) : t("passkey.made", { when: fullTime(one.made_at) })}</small>
            </div>
            <Button size="small" aria-label={t("passkey.remove", { name: one.name })} disabled={remove.isPending} onClick={() => remove.mutate(one.id, { onSuccess: () => toast(t("passkey.removed")) })}>
              {t("totp.remove")}
            </Button>
          </li>
        ))}
      </ul>
      {canPasskey() ? (
        <form className={styles.form} onSubmit={submit} noValidate>
          <div className={fields.field}>
            <label htmlFor="passkey-name">{t("passkey.name")}</label>
            <input id="passkey-name" autoComplete="off" maxLength={60} value={name} aria-describedby="passkey-hint" onChange={(event) => setName(event.target.value)} />
            <p id="passkey-hint" className={fields.hint}>{t("passkey.nameHint")}</p>
          </div>
          <div className={styles.buttons}>
            <Button type="submit" data-testid="passkey-add" disabled={add.isPending || name.trim() === ""}>
              {t("passkey.add")}
            </Button>
          </div>
        </form>
      ) : (
        <p>{t("passkey.unable")}</p>
      )}
      <p role="alert" className={styles.failure}>{typeset(failure)}</p>
    </section>
  );
}

export function Recovery({ factors, onCodes }: Props) {
  const { t } = useTranslation("security");
  const fresh = useDeed(() => post<Schemas["CodesShown"]>("/api/security/recovery-codes"));
  if (!factors.totp && factors.passkeys.length === 0) return null;
  return (
    <section className={styles.card} aria-labelledby="codes-title">
      <div className={styles.title}>
        <h2 id="codes-title">
          {t("codes.title")}
          <span className={styles.chip} data-testid="codes-left">{t("codes.left", { count: factors.recovery_left })}</span>
        </h2>
        <Button size="small" disabled={fresh.isPending} onClick={() => fresh.mutate(undefined, { onSuccess: ({ recovery_codes }) => onCodes(recovery_codes) })}>
          {t("codes.fresh")}
        </Button>
      </div>
      <p>{t("codes.text")}</p>
      <p role="alert" className={styles.failure}>{typeset(reasonOf(fresh.error, t("failed"), t("unreachable")))}</p>
    </section>
  );
}
