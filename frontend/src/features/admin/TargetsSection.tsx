import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { CloudOff } from "lucide-react";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, get, put } from "@/api/fetch";
import type { Targets } from "@/api/types";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Empty, Skeleton } from "@/ui/States";
import { toast } from "@/ui/toasts";
import { typeset } from "@/ui/typeset";
import { adminKey } from "./api";
import { secondsOf, written } from "./hours";
import { Table } from "./tables";
import styles from "./Admin.module.css";

const key = [...adminKey, "targets"] as const;
const FIELDS = [["first_s", "first"], ["next_s", "next"], ["resolution_s", "resolution"]] as const;
type Seconds = (typeof FIELDS)[number][0];

/** How soon customers are to be answered, per queue and per line. */
export function TargetsSection() {
  const { t } = useTranslation("admin");
  const [edited, setEdited] = useState<string | null>(null);
  const table = useQuery({ queryKey: key, queryFn: ({ signal }) => get<{ items: Targets[] }>("/api/admin/targets", signal), retry: 1 });
  const items = table.data?.items;
  const one = items?.find(({ id }) => id === edited);
  const heads = (["of", "first", "next", "resolution", "clock", "warn"] as const).map((name) => t(`targets.heads.${name}`));
  const say = (seconds: number | null) => written(seconds, t("targets.unit")) || <span className={styles.since}>{t("targets.none")}</span>;
  return (
    <>
      <header className={styles.head}>
        <div>
          <h1>{t("sections.targets")}</h1>
          <p>{t("targets.lead")}</p>
        </div>
      </header>
      {items ? (
        <Table heads={heads} empty={items.length === 0} label={t("sections.targets")}>
          {items.map((given) => (
            <tr key={given.id} data-testid="targets">
              <th scope="row">
                <button type="button" className={styles.name} aria-label={t("targets.editOf", { name: given.name })} onClick={() => setEdited(given.id)}>
                  {given.name}
                </button>
                <span className={styles.chip}>{t(given.kind === "queue" ? "targets.queue" : "targets.line")}</span>
              </th>
              {FIELDS.map(([name]) => (
                <td key={name} className={styles.figure}>{say(given[name])}</td>
              ))}
              <td>{FIELDS.some(([name]) => given[name] !== null) ? t(given.is_business ? "targets.business" : "targets.wall") : ""}</td>
              <td className={styles.figure}>{FIELDS.some(([name]) => given[name] !== null) ? `${given.warn_percent} %` : ""}</td>
            </tr>
          ))}
        </Table>
      ) : table.isError ? (
        <Empty icon={<CloudOff size={24} />} title={t("error")} text={t("errorText")}>
          <Button onClick={() => void table.refetch()}>{t("retry")}</Button>
        </Empty>
      ) : (
        <Skeleton rows={5} label={t("loading")} />
      )}
      {one && <TargetsForm targets={one} onClose={() => setEdited(null)} />}
    </>
  );
}

function TargetsForm({ targets, onClose }: { targets: Targets; onClose: () => void }) {
  const { t } = useTranslation("admin");
  const client = useQueryClient();
  const [texts, setTexts] = useState<Record<Seconds, string>>(() => {
    const [first_s = "", next_s = "", resolution_s = ""] = FIELDS.map(([name]) => written(targets[name], t("targets.unit")));
    return { first_s, next_s, resolution_s };
  });
  const [business, setBusiness] = useState(targets.is_business);
  const [warn, setWarn] = useState(String(targets.warn_percent));
  const [tried, setTried] = useState(false);
  // What was seen: another's change since is not written over.
  const [was] = useState(() => ({ first_s: targets.first_s, next_s: targets.next_s, resolution_s: targets.resolution_s, is_business: targets.is_business, warn_percent: targets.warn_percent }));
  const save = useMutation({
    mutationFn: () =>
      put<{ items: Targets[] }>(`/api/admin/${targets.kind === "queue" ? "queues" : "lines"}/${targets.id}/targets`, {
        ...Object.fromEntries(FIELDS.map(([name]) => [name, secondsOf(texts[name])])), is_business: business, warn_percent: Number(warn) || 0, was,
      }),
    onSuccess: (all) => {
      client.setQueryData(key, all);
      toast(t("saved"));
      onClose();
    },
  });
  const errors: Record<string, string> = save.error instanceof ApiError ? save.error.fields : {};
  const wrong = (name: Seconds) => (tried && Number.isNaN(secondsOf(texts[name])) ? t("targets.unread") : errors[name] ? typeset(errors[name]) : null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!FIELDS.some(([name]) => Number.isNaN(secondsOf(texts[name])))) save.mutate();
  };
  return (
    <Dialog title={t("targets.edit", { name: targets.name })} closeLabel={t("close")} look="side" onClose={onClose}>
      <form className={styles.form} onSubmit={submit} noValidate>
        <div className={styles.fields}>
          {FIELDS.map(([name, label]) => {
            const error = wrong(name);
            return (
              <div key={name} className={styles.field}>
                <label htmlFor={`target-${name}`}>{t(`targets.${label}`)}</label>
                <input id={`target-${name}`} type="text" autoComplete="off" value={texts[name]} aria-invalid={error ? true : undefined} aria-describedby={`target-${name}-hint${error ? ` target-${name}-error` : ""}`} onChange={(event) => setTexts((now) => ({ ...now, [name]: event.target.value }))} />
                <p id={`target-${name}-hint`} className={styles.hint}>{t("targets.hint")}</p>
                {error && <p id={`target-${name}-error`} className={styles.error}>{error}</p>}
              </div>
            );
          })}
          <div className={styles.field}>
            <label className={styles.check}>
              <input type="checkbox" checked={business} onChange={(event) => setBusiness(event.target.checked)} />
              <span>{t("targets.clock")}</span>
            </label>
          </div>
          <div className={styles.field}>
            <label htmlFor="target-warn">{t("targets.warn")}</label>
            <input id="target-warn" type="text" inputMode="numeric" autoComplete="off" value={warn} aria-invalid={errors.warn_percent ? true : undefined} onChange={(event) => setWarn(event.target.value.replace(/\D/g, ""))} />
            {errors.warn_percent && <p className={styles.error}>{typeset(errors.warn_percent)}</p>}
          </div>
        </div>
        <div className={styles.formFoot}>
          <p role="alert" className={styles.error}>
            {save.isError && Object.keys(errors).length === 0 ? t("failed", { reason: save.error instanceof ApiError && save.error.message ? typeset(save.error.message) : t("unreachable") }) : ""}
          </p>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" look="primary" disabled={save.isPending}>{save.isPending ? t("saving") : t("save")}</Button>
        </div>
      </form>
    </Dialog>
  );
}
