import { BellRing, CircleCheck, Hand, Moon } from "lucide-react";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useQueryClient } from "@tanstack/react-query";
import { ApiError } from "@/api/fetch";
import type { WrapUp } from "@/api/routing";
import { useSession } from "@/api/session";
import { useSecondsUntil } from "@/realtime/clock";
import { Button } from "@/ui/Button";
import { address, stopwatch } from "@/ui/format";
import { useKeys } from "@/ui/keys";
import { toast } from "@/ui/toasts";
import { typeset } from "@/ui/typeset";
import { sayIdle, useFinish, useSayState, useWrapUps } from "./api";
import { useIdle, useReturn } from "./idle";
import styles from "./StateBar.module.css";

/** Until the server says otherwise. */
const IDLE_S = 600;

/** Below the top bar, while something about this person's state asks for his hand. */
export function StateBar() {
  const { t } = useTranslation("presence");
  const client = useQueryClient();
  const session = useSession();
  const { presence } = session;
  const wrapUps = useWrapUps(true);
  const say = useSayState(() => toast(t("failed"), { bad: true }));
  const left = presence.state === "away" && presence.set_by === "idle";
  // Who is seen by nobody while he wraps up must not become available when that is over.
  const watched = presence.state === "available" || presence.state === "wrap_up";
  const [nobody, setNobody] = useState(false);
  useIdle(session.idle_after_s ?? IDLE_S, watched, () => {
    setNobody(true);
    void sayIdle(client, true);
  }, presence.set_by === "self");
  useReturn(left || (watched && nobody), () => {
    setNobody(false);
    void sayIdle(client, false);
  });

  const back = (
    <Button look="primary" icon={<Hand size={15} aria-hidden="true" />} disabled={say.isPending} onClick={() => say.mutate({ state: "available" })} data-testid="back-to-available">
      {t("back")}
    </Button>
  );
  if (presence.state !== "not_responding" && !left && wrapUps.length === 0) return null;
  return (
    <section className={styles.bars} aria-label={t("region")} data-testid="state-bar">
      {presence.state === "not_responding" && (
        <Bar look="bad" icon={<BellRing size={17} />} text={t("missed")}>
          {back}
        </Bar>
      )}
      {left && (
        <Bar look="calm" icon={<Moon size={17} />} text={t("idle")}>
          {back}
        </Bar>
      )}
      {wrapUps.map((one, index) => (
        <WrappingUp key={one.conversation_id} one={one} first={index === 0} />
      ))}
    </section>
  );
}

function Bar({ look, icon, text, children }: { look: "bad" | "calm"; icon: ReactNode; text: ReactNode; children: ReactNode }) {
  return (
    <div className={`${styles.bar} ${styles[look]}`} role="status">
      <span className={styles.icon} aria-hidden="true">
        {icon}
      </span>
      <p>{text}</p>
      {children}
    </div>
  );
}

/** What is closed and not finished: the time that is left for it, its disposition, and an end before the time. */
function WrappingUp({ one, first }: { one: WrapUp; first: boolean }) {
  const { t } = useTranslation("presence");
  const { dispositions } = useSession();
  const offered = dispositions.filter(({ queue_id, is_enabled }) => is_enabled && queue_id === one.queue_id);
  const [chosen, choose] = useState(one.disposition_id ?? "");
  const [missing, setMissing] = useState(false);
  const field = useRef<HTMLSelectElement>(null);
  const finish = useFinish();
  const left = useSecondsUntil(one.until);
  const name = one.conversation.contact.name ?? address(one.conversation.contact.address);
  // A colleague's choice, or this person's own in another tab.
  useEffect(() => {
    if (one.disposition_id) choose(one.disposition_id);
  }, [one.disposition_id]);
  // What was chosen is said when the time is over, or ended elsewhere: there is nowhere to say it afterwards.
  const told = useRef("");
  const say = useRef(() => {});
  useEffect(() => {
    say.current = () => {
      if (chosen === "" || chosen === one.disposition_id || chosen === told.current) return;
      told.current = chosen;
      finish.mutate({ one, disposition: chosen });
    };
    if (left === 0) say.current();
  });
  useEffect(() => () => say.current(), []);
  const end = () => {
    if (finish.isPending) return;
    if (one.disposition_required && chosen === "") {
      setMissing(true);
      field.current?.focus();
      return;
    }
    told.current = chosen;
    finish.mutate(
      { one, disposition: chosen === "" || chosen === one.disposition_id ? null : chosen },
      {
        onError: (failure) => {
          told.current = "";
          toast(t("finishFailed", { reason: failure instanceof ApiError && failure.message ? typeset(failure.message) : t("unreachable") }), { bad: true });
        },
      },
    );
  };
  useKeys({ n: end }, first);
  return (
    <div className={`${styles.bar} ${styles.calm}`} data-testid="wrap-up" data-conversation={one.conversation_id}>
      <p className={styles.who}>{t("wrapUp", { name })}</p>
      <span className={styles.time} role="timer" aria-live="off">
        <span aria-hidden="true">{stopwatch(left)}</span>
        <span className="visually-hidden">{t("left", { time: stopwatch(left) })}</span>
      </span>
      {offered.length > 0 && (
        <select
          ref={field}
          className={styles.choice}
          aria-label={t("disposition")}
          aria-invalid={missing || undefined}
          value={chosen}
          onChange={(event) => {
            choose(event.target.value);
            setMissing(false);
          }}
          data-testid="wrap-up-disposition"
        >
          <option value="">{one.disposition_required ? t("choose") : t("noDisposition")}</option>
          {offered.map(({ id, name: label }) => (
            <option key={id} value={id}>
              {label}
            </option>
          ))}
        </select>
      )}
      <Button look="primary" size="small" icon={<CircleCheck size={15} aria-hidden="true" />} hint={first ? "N" : undefined} disabled={finish.isPending} onClick={end} data-testid="finish">
        {t("finish")}
      </Button>
      {missing && (
        <p role="alert" className={styles.error}>
          {t("required")}
        </p>
      )}
    </div>
  );
}
