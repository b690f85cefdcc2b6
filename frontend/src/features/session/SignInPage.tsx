import { useState, type FormEvent, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/fetch";
import { Avatar } from "@/ui/Avatar";
import { Button } from "@/ui/Button";
import { typeset } from "@/ui/typeset";
import { useDemoPeople, useSignIn, type Factor } from "./api";
import { SecondStep } from "./SecondStep";
import { Welcome, welcomeToken } from "./Welcome";
import styles from "./SignInPage.module.css";

interface SignInPageProps {
  logo: ReactNode;
  languages: ReactNode;
  /** He was at his desk a moment ago, and his session has ended. */
  ended?: boolean;
}

/** `logo` and `languages` come from app/, which knows the brand and the language switch. */
export function SignInPage({ logo, languages, ended = false }: SignInPageProps) {
  const { t } = useTranslation("security");
  const [token, setToken] = useState(welcomeToken);
  const [factors, setFactors] = useState<Factor[] | null>(null);
  const [said, setSaid] = useState("");
  const begun = () => {
    // A link that was used works no more: it need not stand in the address.
    history.replaceState(null, "", location.pathname);
    setToken("");
  };
  return (
    <div className={styles.page}>
      <main className={styles.card}>
        <div className={styles.brand}>{logo}</div>
        {token ? (
          <Welcome
            token={token}
            onDone={(wasSet) => {
              begun();
              if (wasSet) setSaid(t("welcome.saved"));
            }}
          />
        ) : factors ? (
          <SecondStep factors={factors} onBack={() => setFactors(null)} />
        ) : (
          <FirstStep said={said || (ended ? t("ended") : "")} onFactors={setFactors} />
        )}
      </main>
      <div className={styles.languages}>{languages}</div>
    </div>
  );
}

function FirstStep({ said, onFactors }: { said: string; onFactors: (factors: Factor[]) => void }) {
  const { t } = useTranslation("session");
  const { t: tSecurity } = useTranslation("security");
  const people = useDemoPeople();
  const signIn = useSignIn();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [missing, setMissing] = useState<{ email?: boolean; password?: boolean }>({});
  const demo = people.data ?? [];

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const empty = { email: email.trim() === "", password: password === "" };
    setMissing(empty);
    if (!empty.email && !empty.password)
      signIn.mutate({ email: email.trim(), password }, { onSuccess: (signed) => "factors" in signed && onFactors(signed.factors) });
  };

  const explain = (failure: Error): string => {
    if (!(failure instanceof ApiError) || failure.status === 0) return t("unreachable");
    if (failure.status === 429) return t("tooMany");
    if (failure.code === "has_factor") return typeset(failure.message);
    return failure.status === 400 || failure.status === 401 ? t("wrong") : t("failed", { code: failure.status });
  };

  return (
    <>
        <p className={styles.lead}>{t("lead")}</p>
        <div role="status">{said && <p className={styles.said}>{said}</p>}</div>

        {demo.length > 0 && (
          <section aria-labelledby="demo-title">
            <h2 id="demo-title">{t("demoTitle")}</h2>
            <p className={styles.hint}>{t("demoText")}</p>
            <ul className={styles.people}>
              {demo.map((person) => (
                <li key={person.email}>
                  <button
                    type="button"
                    data-testid="demo-person"
                    data-email={person.email}
                    disabled={signIn.isPending}
                    onClick={() => signIn.mutate({ demo: person.email })}
                  >
                    <Avatar name={person.name} />
                    <span>
                      <strong>{person.name}</strong>
                      <small>{t(`role.${person.role}`)}</small>
                    </span>
                  </button>
                </li>
              ))}
            </ul>
            <p className={styles.or}>
              <span>{t("or")}</span>
            </p>
          </section>
        )}

        <form onSubmit={submit} noValidate aria-label={t("title")}>
          {demo.length === 0 && <h1>{t("title")}</h1>}
          {demo.length > 0 && <h1 className="visually-hidden">{t("title")}</h1>}
          <Field label={t("email")} error={missing.email ? t("required") : null} id="email">
            <input
              id="email"
              type="email"
              autoComplete="username"
              data-testid="sign-in-email"
              aria-invalid={missing.email || undefined}
              aria-describedby={missing.email ? "email-error" : undefined}
              value={email}
              onChange={(event) => setEmail(event.target.value)}
            />
          </Field>
          <Field label={t("password")} error={missing.password ? t("required") : null} id="password">
            <input
              id="password"
              type="password"
              autoComplete="current-password"
              data-testid="sign-in-password"
              aria-invalid={missing.password || undefined}
              aria-describedby={missing.password ? "password-error" : undefined}
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          </Field>
          <div role="alert">{signIn.error && <p className={styles.failure}>{explain(signIn.error)}</p>}</div>
          <Button type="submit" look="primary" className={styles.submit} data-testid="sign-in-submit" disabled={signIn.isPending}>
            {signIn.isPending ? t("submitting") : t("submit")}
          </Button>
          <p className={styles.hint}>{tSecurity("forgotten")}</p>
        </form>
    </>
  );
}

function Field({ id, label, error, children }: { id: string; label: string; error: string | null; children: ReactNode }) {
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{label}</label>
      {children}
      {error && (
        <p id={`${id}-error`} className={styles.error}>
          {error}
        </p>
      )}
    </div>
  );
}
