import { useTranslation } from "react-i18next";
import { post } from "@/api/fetch";
import type { Schemas } from "@/api/types";
import { Button } from "@/ui/Button";
import { fullTime } from "@/ui/format";
import { toast } from "@/ui/toasts";
import { typeset } from "@/ui/typeset";
import { reasonOf, useDeed, type OwnSession, type Security } from "./securityApi";
import styles from "./Security.module.css";

export function OwnSessions({ sessions }: { sessions: OwnSession[] }) {
  const { t } = useTranslation("security");
  const end = useDeed((session_id: string | null) => post<Schemas["Ended"]>("/api/security/sessions/end", { session_id }));
  const said = ({ ended }: Schemas["Ended"]) => toast(t("sessions.ended", { count: ended }));
  return (
    <section className={styles.card} aria-labelledby="sessions-title">
      <div className={styles.title}>
        <h2 id="sessions-title">{t("sessions.title")}</h2>
        {sessions.length > 1 && (
          <Button size="small" data-testid="end-others" disabled={end.isPending} onClick={() => end.mutate(null, { onSuccess: said })}>
            {t("sessions.endOthers")}
          </Button>
        )}
      </div>
      <ul className={styles.rows}>
        {sessions.map((one) => {
          const device = one.device || t("sessions.unknown");
          return (
            <li key={one.id} data-testid="own-session">
              <div>
                {device}
                {one.is_this && <span className={styles.chip}>{t("sessions.here")}</span>}
                {one.is_locked && <span className={styles.chip}>{t("sessions.locked")}</span>}
                <small>
                  {[one.address, t("sessions.seen", { when: fullTime(one.active_at) }), t("sessions.began", { when: fullTime(one.began_at) })].filter(Boolean).join(" · ")}
                </small>
              </div>
              {!one.is_this && (
                <Button size="small" aria-label={t("sessions.endOne", { device, when: fullTime(one.began_at) })} disabled={end.isPending} onClick={() => end.mutate(one.id, { onSuccess: said })}>
                  {t("sessions.end")}
                </Button>
              )}
            </li>
          );
        })}
      </ul>
      <p role="alert" className={styles.failure}>{typeset(reasonOf(end.error, t("failed"), t("unreachable")))}</p>
    </section>
  );
}

const DEEDS = [
  "signed_in", "try_failed", "factor_added", "factor_removed", "factors_reset", "codes_made", "sessions_ended", "password_changed",
  "password_set", "link_made", "tries_forgiven", "changed", "created",
] as const;

/** What was done to this account, by its owner and by others: whoever reads a line that he did not do asks. */
export function Deeds({ deeds }: { deeds: Security["deeds"] }) {
  const { t } = useTranslation("security");
  if (deeds.length === 0) return null;
  const words = (action: string) => {
    const known = DEEDS.find((one) => `user.${one}` === action);
    return known ? t(`deeds.of.${known}`) : t("deeds.unknown");
  };
  return (
    <section className={styles.card} aria-labelledby="deeds-title">
      <h2 id="deeds-title">{t("deeds.title")}</h2>
      <ul className={styles.rows}>
        {deeds.map((one, place) => (
          <li key={place}>
            <div>
              {words(one.action)}
              <small>{[fullTime(one.at), one.actor && t("deeds.by", { name: one.actor })].filter(Boolean).join(" · ")}</small>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
