import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/fetch";
import type { AdminAccount, AdminUser, Schemas } from "@/api/types";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { fullTime } from "@/ui/format";
import { toast } from "@/ui/toasts";
import { typeset } from "@/ui/typeset";
import { useAccount, useHelp } from "./accountsApi";
import { OnceLink } from "./OnceLink";
import { Loaded } from "./Section";
import styles from "./Admin.module.css";
import look from "./Account.module.css";

/** How somebody signs in and where he is signed in, with the help that an administrator can give. */
export function AccountPanel({ user, onClose }: { user: AdminUser; onClose: () => void }) {
  const { t } = useTranslation("accounts");
  const { t: tAdmin } = useTranslation("admin");
  const account = useAccount(user.id);
  const [link, setLink] = useState<Schemas["PasswordLinkShown"] | null>(null);
  const makeLink = useHelp<Schemas["PasswordLinkShown"]>(user.id, "link");
  const unlock = useHelp<undefined>(user.id, "unlock");
  const reset = useHelp<undefined>(user.id, "factors/reset");
  const end = useHelp<Schemas["Ended"]>(user.id, "sessions/end");
  const failure = makeLink.error ?? unlock.error ?? reset.error ?? end.error;
  const said = ({ ended }: Schemas["Ended"]) => toast(t("account.ended", { count: ended }));
  return (
    <>
      <Dialog title={t("account.title", { name: user.name })} closeLabel={tAdmin("close")} look="side" onClose={onClose}>
        <div className={styles.form}>
          <div className={styles.fields}>
            <p role="alert" className={styles.error}>
              {failure ? typeset(failure instanceof ApiError && failure.message ? failure.message : tAdmin("unreachable")) : ""}
            </p>
            <Loaded table={account}>
              {(data) => (
                <>
                  {data.is_waiting && (
                    <div className={look.part}>
                      <p>{t("account.waiting")}</p>
                      <Button size="small" disabled={unlock.isPending} onClick={() => unlock.mutate({}, { onSuccess: () => toast(t("account.unlocked")) })}>
                        {t("account.unlock")}
                      </Button>
                    </div>
                  )}
                  <div className={look.part}>
                    <h3>{tAdmin("field.password")}</h3>
                    {data.link_until && <p>{t("account.linkThere", { when: fullTime(data.link_until) })}</p>}
                    <Button size="small" data-testid="make-link" disabled={makeLink.isPending} onClick={() => makeLink.mutate({}, { onSuccess: setLink })}>
                      {t("account.link")}
                    </Button>
                  </div>
                  <div className={look.part}>
                    <h3>{t("account.factors")}</h3>
                    <p>{factorsInWords(t, data) || t("account.none")}</p>
                    {factorsInWords(t, data) && (
                      <Button size="small" look="danger" data-testid="reset-factors" disabled={reset.isPending} onClick={() => reset.mutate({}, { onSuccess: () => toast(t("account.resetDone")) })}>
                        {t("account.reset")}
                      </Button>
                    )}
                  </div>
                  <div className={look.part}>
                    <h3>{t("account.sessions")}</h3>
                    {data.sessions.length === 0 && <p>{t("account.nowhere")}</p>}
                    <ul>
                      {data.sessions.map((one) => {
                        const device = one.device || t("account.unknown");
                        return (
                          <li key={one.id} data-testid="session">
                            <div>
                              {device}
                              <small>{[one.address, t("account.seen", { when: fullTime(one.active_at) })].filter(Boolean).join(" · ")}</small>
                            </div>
                            <Button size="small" aria-label={`${t("account.end")} : ${device}`} disabled={end.isPending} onClick={() => end.mutate({ session_id: one.id }, { onSuccess: said })}>
                              {t("account.end")}
                            </Button>
                          </li>
                        );
                      })}
                    </ul>
                    {data.sessions.length > 0 && (
                      <Button size="small" data-testid="end-all" disabled={end.isPending} onClick={() => end.mutate({}, { onSuccess: said })}>
                        {t("account.endAll")}
                      </Button>
                    )}
                  </div>
                </>
              )}
            </Loaded>
          </div>
        </div>
      </Dialog>
      {link && <OnceLink name={user.name} url={link.url} until={link.expires_at} onClose={() => setLink(null)} />}
    </>
  );
}

function factorsInWords(t: ReturnType<typeof useTranslation<"accounts">>["t"], { factors }: AdminAccount): string {
  const parts = [factors.totp ? t("account.totp") : "", factors.passkeys.length > 0 ? t("account.passkeys", { count: factors.passkeys.length }) : ""];
  if (parts.some(Boolean)) parts.push(t("account.codes", { count: factors.recovery_left }));
  return parts.filter(Boolean).join(", ");
}
