import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { CloudOff, Download, Plus, Trash2, Upload } from "lucide-react";
import { useRef, useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, get, patch, post, query, remove } from "@/api/fetch";
import type { ListUpload, NumberList } from "@/api/types";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { address, fullTime, number } from "@/ui/format";
import { Empty, Skeleton } from "@/ui/States";
import { toast } from "@/ui/toasts";
import { typeset } from "@/ui/typeset";
import { adminKey } from "./api";
import { arrived, begunBefore, sendFile, type Step } from "./listUpload";
import { Table } from "./tables";
import styles from "./Admin.module.css";
import look from "./Filter.module.css";

const listsKey = [...adminKey, "lists"] as const;
const PIECE = 512 * 1024;
const LOOK_MS = 2000;

export function useLists() {
  return useQuery({ queryKey: listsKey, queryFn: ({ signal }) => get<{ items: NumberList[] }>("/api/admin/lists", signal), retry: 1 });
}

/** What a refusal says, in the words of the server. */
export function useReason(): (failure: unknown) => string {
  const { t } = useTranslation("admin");
  return (failure) =>
    failure instanceof ApiError && failure.status !== 0 ? typeset(Object.values(failure.fields)[0] || failure.message || t("errorText")) : t("unreachable");
}

/** Numbers under a name, and the files that fill them. */
export function ListsSection() {
  const { t } = useTranslation("admin");
  const lists = useLists();
  const [open, setOpen] = useState<string | null | undefined>(undefined);
  const chosen = lists.data?.items.find(({ id }) => id === open);
  return (
    <>
      <header className={styles.head}>
        <div>
          <h1>{t("sections.lists")}</h1>
          <p>{t("lists.lead")}</p>
        </div>
        <Button look="primary" icon={<Plus size={16} aria-hidden="true" />} onClick={() => setOpen(null)} data-testid="add">
          {t("lists.add")}
        </Button>
      </header>
      {lists.data ? (
        <Table heads={[t("lists.name"), t("lists.kind"), t("lists.size"), t("lists.changed")]} empty={lists.data.items.length === 0} label={t("sections.lists")}>
          {lists.data.items.map((one) => (
            <tr key={one.id} className={styles.clickable} onClick={() => setOpen(one.id)}>
              <th scope="row">
                <button type="button" className={styles.name} onClick={() => setOpen(one.id)}>
                  {one.name}
                </button>
              </th>
              <td>{one.kind || "–"}</td>
              <td className={styles.figure}>{number(one.size)}</td>
              <td>
                <time dateTime={one.changed_at}>{fullTime(one.changed_at)}</time>
              </td>
            </tr>
          ))}
        </Table>
      ) : lists.isError ? (
        <Empty icon={<CloudOff size={24} />} title={t("error")} text={t("errorText")}>
          <Button onClick={() => void lists.refetch()}>{t("retry")}</Button>
        </Empty>
      ) : (
        <Skeleton rows={4} label={t("loading")} />
      )}
      {open === null && <Named list={null} onClose={() => setOpen(undefined)} onMade={setOpen} />}
      {chosen && <Panel key={chosen.id} list={chosen} onClose={() => setOpen(undefined)} />}
    </>
  );
}

function NameForm({ list, onDone }: { list: NumberList | null; onDone: (made: NumberList) => void }) {
  const { t } = useTranslation("admin");
  const client = useQueryClient();
  const reason = useReason();
  const [name, setName] = useState(list?.name ?? "");
  const [kind, setKind] = useState(list?.kind ?? "");
  const save = useMutation({
    mutationFn: () => (list ? patch<NumberList>(`/api/admin/lists/${list.id}`, { name, kind }) : post<NumberList>("/api/admin/lists", { name, kind })),
    onSuccess: async (made) => {
      await client.invalidateQueries({ queryKey: listsKey });
      toast(t("saved"));
      onDone(made);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form onSubmit={submit} noValidate>
      <div className={styles.field}>
        <label htmlFor="list-name">{t("lists.name")}</label>
        <input id="list-name" value={name} maxLength={120} aria-invalid={save.isError || undefined} onChange={(event) => setName(event.target.value)} />
      </div>
      <div className={styles.field}>
        <label htmlFor="list-kind">{t("lists.kind")}</label>
        <input id="list-kind" value={kind} maxLength={40} aria-describedby="list-kind-hint" onChange={(event) => setKind(event.target.value)} />
        <p id="list-kind-hint" className={styles.hint}>{t("lists.kindHint")}</p>
      </div>
      <p role="alert" className={styles.error}>{save.error ? t("failed", { reason: reason(save.error) }) : ""}</p>
      <Button type="submit" look={list ? "plain" : "primary"} disabled={save.isPending || (list !== null && name === list.name && kind === list.kind)}>
        {t("save")}
      </Button>
    </form>
  );
}

function Named({ list, onClose, onMade }: { list: null; onClose: () => void; onMade: (id: string) => void }) {
  const { t } = useTranslation("admin");
  return (
    <Dialog title={t("lists.add")} closeLabel={t("close")} look="side" onClose={onClose}>
      <div className={styles.fields}>
        <NameForm list={list} onDone={(made) => onMade(made.id)} />
      </div>
    </Dialog>
  );
}

function Panel({ list, onClose }: { list: NumberList; onClose: () => void }) {
  const { t } = useTranslation("admin");
  return (
    <Dialog title={t("lists.edit", { name: list.name })} closeLabel={t("close")} look="side" onClose={onClose}>
      <div className={`${styles.fields} ${look.panel}`}>
        <Filling list={list} />
        <ByHand list={list} />
        <NameForm key={`${list.name} ${list.kind}`} list={list} onDone={() => undefined} />
        <Removing list={list} onGone={onClose} />
      </div>
    </Dialog>
  );
}

const ERRORS = ["file_empty", "file_spreadsheet", "file_not_text", "file_no_numbers"] as const;
const fact = (upload: ListUpload, name: string) => number(Number(upload.facts[name] ?? 0));

function Outcome({ upload }: { upload: ListUpload }) {
  const { t } = useTranslation("admin");
  const code = ERRORS.find((one) => one === upload.error) ?? "other";
  const bad = Number(upload.facts.bad ?? 0);
  const first = Array.isArray(upload.facts.first) ? upload.facts.first.map(String) : [];
  const title = typeof upload.facts.title === "string" ? upload.facts.title : "";
  return (
    <>
      {upload.state === "done" ? (
        <p data-testid="upload-done">{t("lists.done", { taken: fact(upload, "taken"), doubles: fact(upload, "doubles"), size: fact(upload, "size") })}</p>
      ) : (
        <p className={styles.error} data-testid="upload-failed">
          {t("lists.uploadFailed", { reason: t(`lists.errors.${code}`) })}
        </p>
      )}
      {first.length > 0 && (
        <p className={styles.hint} data-testid="upload-column">
          {t(title ? "lists.columnNamed" : "lists.column", { title, column: fact(upload, "column"), first: first.join(", ") })}
        </p>
      )}
      {bad > 0 && (
        <p className={look.warning}>
          {t("lists.bad", { bad: number(bad) })}{" "}
          <a href={`/api/admin/uploads/${upload.id}/problems`} download data-testid="problems">
            <Download size={14} aria-hidden="true" /> {t("lists.report")}
          </a>
        </p>
      )}
    </>
  );
}

function Filling({ list }: { list: NumberList }) {
  const { t } = useTranslation("admin");
  const client = useQueryClient();
  const reason = useReason();
  const input = useRef<HTMLInputElement>(null);
  const [replaces, setReplaces] = useState(true);
  const [step, setStep] = useState<Step | null>(null);
  const uploadsKey = [...listsKey, list.id, "uploads"];
  const before = useQuery({
    queryKey: uploadsKey,
    queryFn: ({ signal }) => get<{ items: ListUpload[]; piece: number }>(`/api/admin/lists/${list.id}/uploads`, signal),
    // A file that is on its way goes on though the panel was closed: opened again, it shows how far it is.
    refetchInterval: ({ state }) => (state.data?.items.some((one) => one.state === "receiving" || one.state === "working") ? LOOK_MS : false),
    retry: 1,
  });
  const fill = useMutation({
    mutationFn: async (file: File) => {
      const known = await before.refetch();
      return sendFile(list.id, file, replaces, known.data?.piece ?? PIECE, setStep, begunBefore(known.data?.items ?? [], file, replaces));
    },
    onSettled: async () => {
      setStep(null);
      await client.invalidateQueries({ queryKey: listsKey });
    },
  });
  const open = before.data?.items.find(({ state }) => state === "working" || state === "receiving");
  const seen: Step | null = step ?? (open ? { phase: open.state === "working" ? "reading" : "sending", fraction: open.state === "working" ? open.progress : arrived(open) } : null);
  const waits = !step && open?.state === "receiving" ? open : null;
  const percent = Math.round((seen?.fraction ?? 0) * 100);
  const earlier = before.data?.items.filter(({ id }) => id !== fill.data?.id) ?? [];
  return (
    <section className={look.block} aria-labelledby="list-file">
      <h3 id="list-file">{t("lists.file")}</h3>
      <p className={styles.hint}>{t("lists.fileText")}</p>
      <div className={look.row}>
        <label className={look.grow}>
          <span className="visually-hidden">{t("lists.mode")}</span>
          <select className={look.select} value={replaces ? "replace" : "add"} disabled={fill.isPending} onChange={(event) => setReplaces(event.target.value === "replace")}>
            <option value="replace">{t("lists.replace")}</option>
            <option value="add">{t("lists.addTo")}</option>
          </select>
        </label>
        <input
          ref={input}
          type="file"
          accept=".csv,.txt,.tsv,text/csv,text/plain"
          className="visually-hidden"
          tabIndex={-1}
          aria-label={t("lists.choose")}
          data-testid="list-file"
          onChange={(event) => {
            const [given] = event.target.files ?? [];
            if (given) fill.mutate(given);
            event.target.value = "";
          }}
        />
        <Button look="primary" icon={<Upload size={16} aria-hidden="true" />} disabled={fill.isPending} onClick={() => input.current?.click()}>
          {t("lists.choose")}
        </Button>
      </div>
      {seen && (
        <div className={look.progress} data-testid="upload-progress" data-phase={seen.phase}>
          <progress max={100} value={percent} aria-label={t("lists.progress")} />
          <span>{waits ? t("lists.arrived", { name: waits.name, percent }) : t(seen.phase === "sending" ? "lists.sending" : "lists.reading", { percent })}</span>
        </div>
      )}
      {waits && <p className={styles.hint} data-testid="upload-resume">{t("lists.resume")}</p>}
      <div role="status">
        {fill.data && <Outcome upload={fill.data} />}
        {fill.error && <p className={styles.error}>{t("lists.uploadFailed", { reason: reason(fill.error) })}</p>}
      </div>
      {earlier.length > 0 && (
        <details className={look.earlier}>
          <summary>{t("lists.earlier")}</summary>
          <ul>
            {earlier.map((one) => (
              <li key={one.id}>
                <strong>{one.name}</strong> <span className={styles.chip}>{t(`lists.state.${one.state}`)}</span>
                <br />
                <time dateTime={one.created_at}>{fullTime(one.created_at)}</time>
                {(one.state === "done" || one.state === "failed") && <Outcome upload={one} />}
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

function ByHand({ list }: { list: NumberList }) {
  const { t } = useTranslation("admin");
  const client = useQueryClient();
  const reason = useReason();
  const [typed, setTyped] = useState("");
  const ask = useMutation({
    mutationFn: (raw: string) => get<{ number: string; is_in: boolean }>(`/api/admin/lists/${list.id}/numbers${query({ number: raw })}`),
  });
  const change = useMutation({
    mutationFn: ({ add, take }: { add: string[]; take: string[] }) => post<NumberList>(`/api/admin/lists/${list.id}/numbers`, { add, remove: take }),
    onSuccess: async () => {
      ask.mutate(typed);
      await client.invalidateQueries({ queryKey: listsKey });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (typed.trim()) ask.mutate(typed);
  };
  const failure = ask.error ?? change.error;
  return (
    <section className={look.block} aria-labelledby="list-hand">
      <h3 id="list-hand">{t("lists.byHand")}</h3>
      <form className={look.row} onSubmit={submit}>
        <label className={look.grow}>
          <span className="visually-hidden">{t("lists.number")}</span>
          <input className={look.select} type="text" inputMode="tel" value={typed} placeholder={t("lists.number")} maxLength={40} onChange={(event) => setTyped(event.target.value)} data-testid="list-number" />
        </label>
        <Button type="submit" disabled={!typed.trim() || ask.isPending}>
          {t("lists.ask")}
        </Button>
      </form>
      <div role="status">
        {ask.data && !ask.isPending && (
          <p className={look.row}>
            <span className={look.grow}>{t(ask.data.is_in ? "lists.isIn" : "lists.isOut", { number: address(ask.data.number) })}</span>
            <Button size="small" disabled={change.isPending} onClick={() => change.mutate(ask.data.is_in ? { add: [], take: [ask.data.number] } : { add: [ask.data.number], take: [] })}>
              {t(ask.data.is_in ? "lists.take" : "lists.put")}
            </Button>
          </p>
        )}
        {failure && <p className={styles.error}>{reason(failure)}</p>}
      </div>
    </section>
  );
}

function Removing({ list, onGone }: { list: NumberList; onGone: () => void }) {
  const { t } = useTranslation("admin");
  const client = useQueryClient();
  const reason = useReason();
  const [sure, setSure] = useState(false);
  const go = useMutation({
    mutationFn: () => remove(`/api/admin/lists/${list.id}`),
    onSuccess: async () => {
      toast(t("lists.removed"));
      onGone();
      await client.invalidateQueries({ queryKey: listsKey });
    },
  });
  return (
    <div className={look.block}>
      <Button look={sure ? "danger" : "quiet"} icon={<Trash2 size={16} aria-hidden="true" />} disabled={go.isPending} onClick={() => (sure ? go.mutate() : setSure(true))}>
        {t(sure ? "lists.removeSure" : "lists.remove")}
      </Button>
      <p role="alert" className={styles.error}>{go.error ? reason(go.error) : ""}</p>
    </div>
  );
}
