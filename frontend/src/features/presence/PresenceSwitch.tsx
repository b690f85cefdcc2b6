import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ChevronDown } from "lucide-react";
import { useTranslation } from "react-i18next";
import { put } from "@/api/fetch";
import { setAgent, useSession } from "@/api/session";
import type { Agent, PresenceState } from "@/api/types";
import { useSecondsSince } from "@/realtime/clock";
import { stopwatch } from "@/ui/format";
import { Menu } from "@/ui/Menu";
import { toast } from "@/ui/toasts";
import styles from "./PresenceSwitch.module.css";

export const REASONS = { busy: ["meeting", "training", "paperwork"], break: ["lunch", "pause", "other"] } as const;
type Reason = (typeof REASONS)["busy" | "break"][number];

interface Choice {
  state: PresenceState;
  reason: Reason | null;
}

const CHOICES: Choice[][] = [
  [{ state: "available", reason: null }],
  REASONS.busy.map((reason) => ({ state: "busy", reason })),
  REASONS.break.map((reason) => ({ state: "break", reason })),
  [{ state: "offline", reason: null }],
];

/** State, reason and a running timer; the load beside it. */
export function PresenceSwitch() {
  const { t } = useTranslation("presence");
  const client = useQueryClient();
  const { presence } = useSession();
  const change = useMutation({
    mutationFn: (choice: Choice) => put<Agent>("/api/presence", choice),
    onSuccess: (agent) => setAgent(client, agent),
    onError: () => toast(t("failed"), { bad: true }),
  });
  const known = (reason: string | null): reason is Reason =>
    [...REASONS.busy, ...REASONS.break].some((one) => one === reason);
  const reason = known(presence.reason) ? t(`reason.${presence.reason}`) : presence.reason;
  const shown = reason ? `${t(`state.${presence.state}`)} · ${reason}` : t(`state.${presence.state}`);

  return (
    <div className={styles.presence} data-testid="presence" data-state={presence.state}>
      <Menu
        label={t("label")}
        prefix={t("prefix")}
        className={styles.switch}
        groups={CHOICES.map((choices) => ({
          title: choices.length > 1 ? t(`state.${choices[0]!.state}`) : undefined,
          items: choices.map((choice) => ({
            key: `${choice.state}-${choice.reason ?? ""}`,
            label: choice.reason ? t(`reason.${choice.reason}`) : t(`state.${choice.state}`),
            icon: <i className={`${styles.dot} ${styles[choice.state]}`} />,
            checked: choice.state === presence.state && choice.reason === (presence.reason ?? null),
            run: () => change.mutate(choice),
          })),
        }))}
      >
        <i className={`${styles.dot} ${styles[presence.state]}`} />
        <span className={styles.name}>{shown}</span>
        <Since at={presence.since} />
        <ChevronDown size={14} aria-hidden="true" />
      </Menu>
      {presence.capacity > 0 && <Load agent={presence} />}
    </div>
  );
}

function Since({ at }: { at: string }) {
  return <span className={styles.since}>{stopwatch(useSecondsSince(at))}</span>;
}

function Load({ agent }: { agent: Agent }) {
  const { t } = useTranslation("presence");
  const label = t("load", { load: agent.load, capacity: agent.capacity });
  const full = agent.load >= agent.capacity;
  return (
    <span className={`${styles.load} ${full ? styles.full : ""}`} title={label}>
      <span aria-hidden="true">
        {agent.load}/{agent.capacity}
      </span>
      <span className="visually-hidden">{label}</span>
    </span>
  );
}
