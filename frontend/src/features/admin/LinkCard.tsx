import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Activity, Play, Square, Timer } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, post } from "@/api/fetch";
import type { LinkDeed, LiveLink } from "@/api/types";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { clockTime, number } from "@/ui/format";
import { toast } from "@/ui/toasts";
import { adminKey } from "./api";
import { readFacts, type LinkFacts } from "./linkFacts";
import { Live } from "./tables";
import styles from "./LinksLive.module.css";

const SLOW = ["paused", "throttled", "window", "ramp"] as const;
const KINDS = ["transceiver", "receiver", "transmitter"] as const;
const LANES = ["people", "bots", "campaigns"] as const;

/** One link: its state in words, its connections, and the figures of this second. */
export function LinkCard({ link, mayChange, onTest }: { link: LiveLink; mayChange: boolean; onTest: () => void }) {
  const { t } = useTranslation("admin");
  const facts = readFacts(link.facts);
  return (
    <li className={styles.card} data-testid="link" data-state={link.state}>
      <div className={styles.cardHead}>
        <div>
          <h2>{link.name}</h2>
          <p className={styles.faint}>{[link.operator, link.lines.length > 0 ? t("work.lines", { lines: link.lines.join(", ") }) : ""].filter(Boolean).join(" · ")}</p>
        </div>
        <Live live={link} />
      </div>
      {link.state === "drained" && <p className={styles.remark}>{t("work.drainedHint")}</p>}
      <Remarks facts={facts} />
      {facts.binds.length > 0 && <Binds facts={facts} />}
      <Figures link={link} facts={facts} />
      {mayChange && <Deeds link={link} onTest={onTest} />}
    </li>
  );
}

function Remarks({ facts }: { facts: LinkFacts }) {
  const { t } = useTranslation("admin");
  const slow = SLOW.filter((one) => facts.slow.includes(one) && one !== "window");
  return (
    <>
      {facts.warnings.map((one) =>
        one.code === "binds_down" || one.code === "window_bounds_rate" ? (
          <p key={one.code} className={styles.warning}>
            {t(`work.warning.${one.code}`, { can: "", set: "", down: "", of: "", ...one })}
          </p>
        ) : null,
      )}
      {slow.map((one) => (
        <p key={one} className={styles.remark}>
          {t(`work.slow.${one}`)}
        </p>
      ))}
    </>
  );
}

function Binds({ facts }: { facts: LinkFacts }) {
  const { t } = useTranslation("admin");
  return (
    <ul className={styles.binds} aria-label={t("work.binds")}>
      {facts.binds.map((bind) => {
        const kind = KINDS.find((one) => one === bind.kind);
        return (
          <li key={bind.number} title={bind.error}>
            <span className={`${styles.dot} ${bind.state === "bound" ? styles.good : styles.bad}`} aria-hidden="true" />
            {bind.number}. {kind ? t(`work.bindKind.${kind}`) : bind.kind}
            <span className={styles.faint}>{bind.state === "bound" ? t("work.underWay", { count: bind.in_flight }) : t("live.unbound")}</span>
          </li>
        );
      })}
    </ul>
  );
}

function Figures({ link, facts }: { link: LiveLink; facts: LinkFacts }) {
  const { t, i18n } = useTranslation("admin");
  const none = t("work.unknown");
  const rate =
    facts.rateSet === null ? none
    : facts.rateSet === 0 ? (facts.rateNow === null ? t("work.rateFree") : t("work.rateSlowed", { now: number(facts.rateNow) }))
    : t("work.rateOf", { now: number(facts.rateNow ?? facts.rateSet), set: number(facts.rateSet) });
  const queued = facts.queued ?? [];
  return (
    <dl className={styles.figures}>
      <Figure name={t("work.window")} hint={t("work.windowHint")}>
        {facts.window === null ? none : t("work.ofWindow", { inFlight: number(facts.inFlight), window: number(facts.window) })}
        {facts.window ? <Meter value={facts.inFlight / facts.window} /> : null}
      </Figure>
      <Figure name={t("work.rate")} hint={t("work.rateHint")}>{rate}</Figure>
      <Figure name={t("work.roundTrip")} hint={t("work.roundTripHint")}>
        {facts.roundTrip ? t("work.ms", { p50: number(facts.roundTrip.p50), p95: number(facts.roundTrip.p95) }) : none}
      </Figure>
      <Figure name={t("work.perMinute")}>
        {t("work.out", { value: number(facts.out) })} · {t("work.in", { value: number(facts.in) })}
      </Figure>
      <Figure name={t("work.throttles")} hint={t("work.throttlesHint")}>
        {t("work.minuteHour", { minute: number(facts.throttled[0]), hour: number(facts.throttled[1]) })}
      </Figure>
      <Figure name={t("work.lastError")} wide>
        {facts.lastError ? (
          <span title={facts.lastError.text}>
            {clockTime(facts.lastError.at)} · {(i18n.language === "fr" ? facts.lastError.fr : facts.lastError.en) || facts.lastError.text}
          </span>
        ) : (
          <span className={styles.faint}>{t("work.noError")}</span>
        )}
      </Figure>
      <Figure name={t("work.queue")} wide>
        <span className={styles.lanes}>
          {LANES.map((lane, place) => (
            <span key={lane}>
              {t(`work.lane.${lane}`)} <strong>{number(queued[place] ?? (place === 0 ? link.queued : 0))}</strong>
            </span>
          ))}
        </span>
      </Figure>
    </dl>
  );
}

function Figure({ name, hint, wide, children }: { name: string; hint?: string; wide?: boolean; children: ReactNode }) {
  return (
    <div className={wide ? styles.wide : undefined} title={hint}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Meter({ value }: { value: number }) {
  return (
    <span className={styles.meter} aria-hidden="true">
      <i style={{ inlineSize: `${Math.min(100, Math.round(value * 100))}%` }} />
    </span>
  );
}

function Deeds({ link, onTest }: { link: LiveLink; onTest: () => void }) {
  const { t } = useTranslation("admin");
  const client = useQueryClient();
  const [asked, setAsked] = useState<"drain" | "stop" | null>(null);
  const control = useMutation({
    mutationFn: (deed: LinkDeed) => post(`/api/admin/links/${link.id}/control`, { deed }),
    onSuccess: (_, deed) => {
      toast(t(`work.asked.${deed}`, { name: link.name }));
      void client.invalidateQueries({ queryKey: adminKey });
    },
    onError: (error) => toast(t("work.notDone", { reason: error instanceof ApiError && error.message ? error.message : t("unreachable") }), { bad: true }),
  });
  const rests = link.state === "disabled" || link.state === "drained" || link.state === "draining";
  return (
    <div className={styles.deeds}>
      <Button size="small" icon={<Activity size={15} aria-hidden="true" />} onClick={onTest} data-testid="test-link">
        {t("work.deed.test")}
      </Button>
      {rests && (
        <Button size="small" icon={<Play size={15} aria-hidden="true" />} disabled={control.isPending} onClick={() => control.mutate("start")}>
          {t("work.deed.start")}
        </Button>
      )}
      {!rests && (
        <Button size="small" look="quiet" icon={<Timer size={15} aria-hidden="true" />} onClick={() => setAsked("drain")} data-testid="drain-link">
          {t("work.deed.drain")}
        </Button>
      )}
      {link.state !== "disabled" && (
        <Button size="small" look="quiet" icon={<Square size={15} aria-hidden="true" />} onClick={() => setAsked("stop")}>
          {t("work.deed.stop")}
        </Button>
      )}
      {asked && (
        <Dialog title={`${t(`work.deed.${asked}`)} · ${link.name}`} closeLabel={t("close")} onClose={() => setAsked(null)}>
          <p className={styles.sure}>{t(`work.sure.${asked}`, { name: link.name })}</p>
          <div className={styles.sureFoot}>
            <Button onClick={() => setAsked(null)}>{t("cancel")}</Button>
            <Button
              look={asked === "stop" ? "danger" : "primary"}
              onClick={() => {
                control.mutate(asked);
                setAsked(null);
              }}
            >
              {t(`work.deed.${asked}`)}
            </Button>
          </div>
        </Dialog>
      )}
    </div>
  );
}
