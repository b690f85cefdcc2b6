import { useMutation, useQuery } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, csrfToken, get, post } from "@/api/fetch";
import type { Schemas } from "@/api/types";
import { Button } from "@/ui/Button";
import { Skeleton } from "@/ui/States";
import { typeset } from "@/ui/typeset";
import { PasswordField } from "./PasswordField";
import { reasonOf } from "./securityApi";
import styles from "./SignInPage.module.css";

/** Of a link that an administrator has given; behind the #, which no server and no log sees. */
export const welcomeToken = (): string => /^#welcome=([\w-]{20,})$/.exec(location.hash)?.[1] ?? "";

/** Somebody sets his first password, or his next, by a link that works once. */
export function Welcome({ token, onDone }: { token: string; onDone: (wasSet: boolean) => void }) {
  const { t } = useTranslation("security");
  const [password, setPassword] = useState("");
  const whom = useQuery({
    queryKey: ["welcome", token],
    queryFn: async () => {
      if (!csrfToken()) await get("/api/session").catch(() => undefined);
      return post<Schemas["WelcomeShown"]>("/api/welcome/look", { token });
    },
    retry: false,
    gcTime: 0,
  });
  const save = useMutation({ mutationFn: () => post("/api/welcome/password", { token, password }), onSuccess: () => onDone(true) });
  const refused = save.error instanceof ApiError ? (save.error.fields.password ?? "") : "";
  if (whom.isError)
    return (
      <div>
        <h1>{t("welcome.gone")}</h1>
        <p className={styles.failure} role="alert">{typeset(reasonOf(whom.error, t("failed"), t("unreachable")))}</p>
        <Button className={styles.submit} onClick={() => onDone(false)}>{t("second.back")}</Button>
      </div>
    );
  if (!whom.data) return <Skeleton rows={3} label={t("loading")} />;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form onSubmit={submit} noValidate aria-label={t("welcome.title")}>
      <h1>{t("welcome.title")}</h1>
      <p className={styles.hint}>{t("welcome.lead", { name: whom.data.name, email: whom.data.email })}</p>
      <input type="text" autoComplete="username" readOnly hidden value={whom.data.email} />
      <PasswordField id="welcome-password" label={t("welcome.password")} value={password} error={refused} onChange={setPassword} />
      <div role="alert">{save.error && <p className={styles.failure}>{typeset(reasonOf(save.error, t("failed"), t("unreachable")))}</p>}</div>
      <Button type="submit" look="primary" className={styles.submit} data-testid="welcome-save" disabled={save.isPending || password === ""}>
        {t("welcome.save")}
      </Button>
    </form>
  );
}
