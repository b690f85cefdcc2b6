import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, get, put } from "@/api/fetch";
import { setAgent, useSession } from "@/api/session";
import { groupsOf, stateName, type StateChoice } from "@/api/states";
import type { Agent, AgentPast } from "@/api/types";
import { serverNow } from "@/realtime/clock";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { duration, exactTime, fullTime, shortDate } from "@/ui/format";
import { Skeleton } from "@/ui/States";
import { toast } from "@/ui/toasts";
import { typeset } from "@/ui/typeset";
import page from "@/ui/page.module.css";
import styles from "./AgentDialog.module.css";

/** What an agent was and for how long; and another state for who forgot it, or left. */
export function AgentDialog({ agent, onClose }: { agent: Agent; onClose: () => void }) {
  const { t } = useTranslation("supervision");
  return (
    <Dialog title={agent.name} closeLabel={t("close")} look="side" onClose={onClose}>
      <div className={styles.inside} data-testid="agent-states">
        <Force agent={agent} onDone={onClose} />
        <Past agent={agent} />
      </div>
    </Dialog>
  );
}

function Force({ agent, onDone }: { agent: Agent; onDone: () => void }) {
  const { t, i18n } = useTranslation("supervision");
  const client = useQueryClient();
  const { reasons } = useSession();
  const choices = groupsOf(reasons).flatMap(({ state, reasons: of }): { value: string; label: string; choice: StateChoice }[] =>
    of.length === 0
      ? [{ value: state, label: t(`states.${state}`), choice: { state } }]
      : of.map((one) => ({ value: one.id, label: stateName(one.name, i18n.language), choice: { reason_id: one.id } })),
  );
  const [chosen, choose] = useState("");
  const force = useMutation({
    mutationFn: (choice: StateChoice) => put<Agent>(`/api/supervision/agents/${agent.id}/state`, choice),
    onSuccess: (now) => {
      setAgent(client, now);
      void client.invalidateQueries({ queryKey: ["supervision"] });
      toast(t("forced", { name: agent.name }));
      onDone();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const found = choices.find(({ value }) => value === chosen);
    if (found && !force.isPending) force.mutate(found.choice);
  };
  const failure = force.error;
  return (
    <form className={styles.force} onSubmit={submit}>
      <label htmlFor="force-state">{t("force")}</label>
      <div>
        <select id="force-state" value={chosen} onChange={(event) => choose(event.target.value)} data-testid="force-state">
          <option value="">{t("choose")}</option>
          {choices.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
        <Button type="submit" look="primary" disabled={chosen === "" || force.isPending} data-testid="force">
          {t("set")}
        </Button>
      </div>
      <p className={styles.hint}>{t("forceHint")}</p>
      <p role="alert" className={styles.error}>
        {failure ? t("notForced", { reason: failure instanceof ApiError && failure.status !== 0 && failure.message ? typeset(failure.message) : t("unreachable") }) : ""}
      </p>
    </form>
  );
}

function Past({ agent }: { agent: Agent }) {
  const { t, i18n } = useTranslation("supervision");
  const past = useQuery({
    // Below "supervision", whose figures ask again by themselves: this one is asked once for each state he takes.
    queryKey: ["agent-states", agent.id, agent.since],
    queryFn: ({ signal }) => get<{ items: AgentPast[] }>(`/api/supervision/agents/${agent.id}/states`, signal),
    retry: 1,
  });
  if (!past.data) return past.isError ? <p className={styles.error}>{t("error")}</p> : <Skeleton rows={4} look="lines" label={t("loading")} />;
  return (
    <section>
      <h3>{t("past")}</h3>
      <div className={page.table} role="region" aria-label={t("past")} tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t("from")}</th>
              <th scope="col">{t("state")}</th>
              <th scope="col" className={page.figure}>{t("for")}</th>
            </tr>
          </thead>
          <tbody>
            {past.data.items.map((one) => (
              <tr key={one.since}>
                <td title={fullTime(one.since)}>{shortDate(one.since)} {exactTime(one.since)}</td>
                <td>
                  {t(`states.${one.state}`)}
                  {one.reason && stateName(one.reason, i18n.language) !== t(`states.${one.state}`) && <span className={styles.reason}> · {stateName(one.reason, i18n.language)}</span>}
                </td>
                <td className={page.figure}>{one.until === null ? t("still") : duration(lasted(one))}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {past.data.items.length === 0 && <p className={page.nothing}>{t("none")}</p>}
      </div>
    </section>
  );
}

const lasted = ({ since, until }: AgentPast): number => Math.max(0, Math.round(((until ? Date.parse(until) : serverNow()) - Date.parse(since)) / 1000));
