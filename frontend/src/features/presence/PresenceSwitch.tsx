import { ChevronDown } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useSession } from "@/api/session";
import type { Agent } from "@/api/types";
import { groupsOf, stateName } from "@/api/states";
import { useSecondsSince, useSecondsUntil } from "@/realtime/clock";
import { stopwatch } from "@/ui/format";
import { useCommands, type Command } from "@/ui/commands";
import { Menu } from "@/ui/Menu";
import { toast } from "@/ui/toasts";
import { useSayState } from "./api";
import styles from "./PresenceSwitch.module.css";

/** State, reason and a running timer; the load beside it. */
export function PresenceSwitch() {
  const { t, i18n } = useTranslation("presence");
  const { presence, reasons } = useSession();
  const say = useSayState(() => toast(t("failed"), { bad: true }));
  const state = t(`state.${presence.state}`);
  const reason = presence.reason && stateName(presence.reason, i18n.language);
  // The only reason of its state says no more than the state itself.
  const alone = presence.reason_id !== null && reasons.filter((one) => one.state === presence.state).length <= 1;
  const shown = reason && reason !== state && !alone ? `${state} · ${reason}` : state;
  useCommands(() =>
    groupsOf(reasons).flatMap((group): Command[] =>
      group.reasons.length === 0
        ? [{ id: `state-${group.state}`, group: "work", label: t("command", { state: t(`state.${group.state}`) }), run: () => say.mutate({ state: group.state }) }]
        : group.reasons
            .filter((one) => presence.reason_id !== one.id)
            .map((one) => ({ id: `state-${one.id}`, group: "work", label: t("command", { state: stateName(one.name, i18n.language) }), run: () => say.mutate({ reason_id: one.id }) })),
    ),
  );
  return (
    <div className={styles.presence} data-testid="presence" data-state={presence.state}>
      <Menu
        label={t("label")}
        prefix={t("prefix")}
        className={styles.switch}
        groups={groupsOf(reasons).map((group) => ({
          title: group.reasons.length > 1 ? t(`state.${group.state}`) : undefined,
          items:
            group.reasons.length === 0
              ? [{
                  key: group.state,
                  label: t(`state.${group.state}`),
                  icon: <i className={`${styles.dot} ${styles[group.state]}`} />,
                  checked: presence.state === group.state,
                  run: () => say.mutate({ state: group.state }),
                }]
              : group.reasons.map((one) => ({
                  key: one.id,
                  label: stateName(one.name, i18n.language),
                  icon: <i className={`${styles.dot} ${styles[group.state]}`} />,
                  // What the product itself gave back has no reason; the only one of its state is meant.
                  checked: presence.reason_id === one.id || (presence.reason_id === null && presence.state === group.state && group.reasons.length === 1),
                  run: () => say.mutate({ reason_id: one.id }),
                })),
        }))}
      >
        <i className={`${styles.dot} ${styles[presence.state]}`} />
        <span className={styles.name}>{shown}</span>
        {presence.state === "wrap_up" && presence.until ? <Until at={presence.until} /> : <Since at={presence.since} />}
        <ChevronDown size={14} aria-hidden="true" />
      </Menu>
      {presence.capacity > 0 && <Load agent={presence} />}
    </div>
  );
}

function Since({ at }: { at: string }) {
  return <span className={styles.since}>{stopwatch(useSecondsSince(at))}</span>;
}

function Until({ at }: { at: string }) {
  const { t } = useTranslation("presence");
  const time = stopwatch(useSecondsUntil(at));
  return (
    <span className={styles.since}>
      <span aria-hidden="true">−{time}</span>
      <span className="visually-hidden">{t("left", { time })}</span>
    </span>
  );
}

function Load({ agent }: { agent: Agent }) {
  const { t } = useTranslation("presence");
  const label = t("load", { load: agent.load, capacity: agent.capacity });
  const full = agent.load >= agent.capacity;
  return (
    <span className={`${styles.load} ${full ? styles.full : ""}`} title={label} data-testid="load">
      <span aria-hidden="true">
        {agent.load}/{agent.capacity}
      </span>
      <span className="visually-hidden">{label}</span>
    </span>
  );
}
