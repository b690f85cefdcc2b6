import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Download, Upload, Zap } from "lucide-react";
import { useRef, useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, get, post, put, remove } from "@/api/fetch";
import { useSession } from "@/api/session";
import type { Schemas } from "@/api/types";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Empty } from "@/ui/States";
import { toast } from "@/ui/toasts";
import { adminKey } from "./api";
import { Section } from "./Section";
import { Table } from "./tables";
import styles from "./Admin.module.css";
import look from "./Filter.module.css";
import own from "./Replies.module.css";

type Shared = Schemas["SharedReplies"];
type Reply = Shared["items"][number];
type Taken = Schemas["Taken"];

const repliesKey = [...adminKey, "replies"] as const;
const CODES = ["unknown_variable", "shortcut", "required", "too_long", "unknown_choice", "characters", "shortcut_taken"] as const;

/** What a team or everybody keeps ready to say: the list, one of them, all as a file; and who reads whose drafts. */
export function RepliesSection() {
  const { t } = useTranslation("replies");
  const { user } = useSession();
  const replies = useQuery({ queryKey: repliesKey, queryFn: ({ signal }) => get<Shared>("/api/admin/replies", signal), retry: 1 });
  const [edited, setEdited] = useState<Reply | null | undefined>(undefined);
  return (
    <Section title={t("title")} lead={t("lead")} table={replies} add={t("add")} onAdd={() => setEdited(null)}>
      {(shared) => (
        <>
          {shared.items.length === 0 ? <Empty icon={<Zap size={24} />} title={t("none")} text={t("noneText")} /> : <Rows shared={shared} onOpen={setEdited} />}
          <Files />
          {user.role === "administrator" && <Drafts shares={shared.shares_drafts} />}
          {edited !== undefined && <ReplyForm reply={edited} shared={shared} onClose={() => setEdited(undefined)} />}
        </>
      )}
    </Section>
  );
}

function Rows({ shared, onOpen }: { shared: Shared; onOpen: (reply: Reply) => void }) {
  const { t } = useTranslation("replies");
  const { lines } = useSession();
  const team = (id: string | null) => (id === null ? t("everybody") : (shared.teams.find((one) => one.id === id)?.name ?? "?"));
  const named = (ids: string[]) => ids.map((id) => lines.find((line) => line.id === id)?.address ?? "?").join(", ");
  return (
    <Table heads={[t("heads.reply"), t("heads.whose"), t("heads.lines"), t("heads.fr"), t("heads.en"), t("heads.uses")]} empty={false} label={t("title")}>
      {shared.items.map((one) => (
        <tr key={one.id} className={styles.clickable} onClick={() => onOpen(one)}>
          <th scope="row">
            <button type="button" className={styles.name} onClick={() => onOpen(one)} data-testid={`reply-${one.shortcut}`}>
              {one.title}
            </button>
            <small className={own.shortcut}>/{one.shortcut}</small>
          </th>
          <td>{team(one.team_id)}</td>
          <td>{one.line_ids.length === 0 ? t("allLines") : named(one.line_ids)}</td>
          <td dir="auto" className={own.words}>{one.fr || "–"}</td>
          <td dir="auto" className={own.words}>{one.en || "–"}</td>
          <td>{one.uses}</td>
        </tr>
      ))}
    </Table>
  );
}

function ReplyForm({ reply, shared, onClose }: { reply: Reply | null; shared: Shared; onClose: () => void }) {
  const { t } = useTranslation("replies");
  const { lines } = useSession();
  const client = useQueryClient();
  const [given, setGiven] = useState({
    shortcut: reply?.shortcut ?? "", title: reply?.title ?? "", fr: reply?.fr ?? "", en: reply?.en ?? "",
    tags: reply?.tags.join(", ") ?? "", team_id: reply?.team_id ?? "", line_ids: reply?.line_ids ?? [],
  });
  const [sure, setSure] = useState(false);
  const fresh = async () => {
    await client.invalidateQueries({ queryKey: repliesKey });
    onClose();
  };
  const save = useMutation({
    mutationFn: () => {
      const tags = given.tags.split(",").map((one) => one.trim()).filter(Boolean);
      const body = { ...given, tags, team_id: given.team_id || null };
      return reply ? put<Reply>(`/api/admin/replies/${reply.id}`, body) : post<Reply>("/api/admin/replies", body);
    },
    onSuccess: (made) => {
      toast(t("saved", { title: made.title }));
      return fresh();
    },
  });
  const drop = useMutation({
    mutationFn: () => remove<void>(`/api/admin/replies/${reply!.id}`),
    onSuccess: () => {
      toast(t("removed", { title: reply!.title }));
      return fresh();
    },
  });
  const failure = save.error ?? drop.error;
  const wrong = failure instanceof ApiError ? failure.fields : {};
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!save.isPending) save.mutate();
  };
  const text = (name: "shortcut" | "title" | "tags" | "fr" | "en", label: string, hint?: string) => {
    const common = {
      id: `reply-${name}`, value: given[name], "aria-invalid": wrong[name] ? (true as const) : undefined,
      "aria-describedby": wrong[name] ? `reply-${name}-wrong` : hint ? `reply-${name}-hint` : undefined,
    };
    return (
      <div className={styles.field}>
        <label htmlFor={common.id}>{label}</label>
        {name === "fr" || name === "en" ? (
          <textarea {...common} rows={4} dir="auto" maxLength={1000} onChange={(event) => setGiven({ ...given, [name]: event.target.value })} />
        ) : (
          <input {...common} autoComplete="off" maxLength={name === "shortcut" ? 41 : 400} onChange={(event) => setGiven({ ...given, [name]: event.target.value })} />
        )}
        {hint && <p id={`reply-${name}-hint`} className={styles.hint}>{hint}</p>}
        {wrong[name] && <p id={`reply-${name}-wrong`} className={own.wrong}>{wrong[name]}</p>}
      </div>
    );
  };
  return (
    <Dialog title={t(reply ? "edit" : "add")} closeLabel={t("back")} look="side" onClose={onClose}>
      <form className={own.form} onSubmit={submit} noValidate data-testid="reply-form">
        {text("shortcut", t("shortcut"), t("shortcutHint"))}
        {text("title", t("name"))}
        <div className={styles.field}>
          <label htmlFor="reply-team">{t("whose")}</label>
          <select id="reply-team" value={given.team_id} onChange={(event) => setGiven({ ...given, team_id: event.target.value })}>
            <option value="">{t("everybody")}</option>
            {shared.teams.map((one) => (
              <option key={one.id} value={one.id}>{one.name}</option>
            ))}
          </select>
        </div>
        {text("fr", t("fr"))}
        {text("en", t("en"))}
        <p className={styles.hint} id="reply-variables">{t("variablesHint")}</p>
        <ul className={own.names} aria-label={t("variables")}>
          {shared.names.map((name) => (
            <li key={name}>
              <button type="button" onClick={() => void navigator.clipboard.writeText(`{${name}}`).then(() => toast(t("copied", { name: `{${name}}` })), () => undefined)}>{`{${name}}`}</button>
            </li>
          ))}
        </ul>
        {text("tags", t("tags"), t("tagsHint"))}
        <fieldset className={own.lines}>
          <legend>{t("lines")}</legend>
          <p className={styles.hint}>{t("linesHint")}</p>
          {lines.map((line) => (
            <label key={line.id}>
              <input
                type="checkbox"
                checked={given.line_ids.includes(line.id)}
                onChange={(event) => setGiven({ ...given, line_ids: event.target.checked ? [...given.line_ids, line.id] : given.line_ids.filter((id) => id !== line.id) })}
              />
              <span>{line.address} · {line.name}</span>
            </label>
          ))}
        </fieldset>
        {failure && Object.keys(wrong).length === 0 && (
          <p role="alert" className={own.wrong}>{failure instanceof ApiError && failure.status !== 0 ? failure.message : t("unreachable")}</p>
        )}
        <div className={own.buttons}>
          {reply && (
            <Button disabled={drop.isPending} onClick={() => (sure ? drop.mutate() : setSure(true))} data-testid="reply-remove">
              {t(sure ? "removeSure" : "remove")}
            </Button>
          )}
          <Button type="submit" look="primary" disabled={save.isPending} data-testid="reply-save">{t("save")}</Button>
        </div>
      </form>
    </Dialog>
  );
}

function Files() {
  const { t } = useTranslation("replies");
  const client = useQueryClient();
  const file = useRef<HTMLInputElement>(null);
  const take = useMutation({
    mutationFn: async (chosen: File) => post<Taken>("/api/admin/replies/file", { csv: await chosen.text() }),
    onSuccess: async ({ added, changed, problems }) => {
      if (problems.length === 0) toast(t("taken", { added, changed }));
      await client.invalidateQueries({ queryKey: repliesKey });
    },
    onError: (failure) => toast(failure instanceof ApiError && failure.status !== 0 ? failure.message : t("unreachable"), { bad: true }),
  });
  const problems = take.data?.problems ?? [];
  return (
    <section className={look.section} aria-labelledby="replies-file">
      <h2 id="replies-file">{t("file")}</h2>
      <p className={styles.hint}>{t("fileLead")}</p>
      <div className={own.files}>
        <a href="/api/admin/replies/file" download>
          <Download size={15} aria-hidden="true" /> {t("download")}
        </a>
        <input
          ref={file}
          type="file"
          accept=".csv,text/csv"
          className="visually-hidden"
          tabIndex={-1}
          aria-label={t("take")}
          data-testid="replies-file"
          onChange={(event) => {
            const [chosen] = event.target.files ?? [];
            event.target.value = "";
            if (chosen) take.mutate(chosen);
          }}
        />
        <Button disabled={take.isPending} icon={<Upload size={15} aria-hidden="true" />} onClick={() => file.current?.click()}>{t("take")}</Button>
      </div>
      {problems.length > 0 && (
        <div role="alert">
          <p className={own.wrong}>{t("problems")}</p>
          <ul>
            {problems.map(({ line, field, code }) => (
              <li key={`${line} ${field}`}>{t("problem", { line, field: field || t("whole"), what: t(`codes.${CODES.find((one) => one === code) ?? "other"}`) })}</li>
            ))}
          </ul>
        </div>
      )}
    </section>
  );
}

function Drafts({ shares }: { shares: boolean }) {
  const { t } = useTranslation("replies");
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: (wanted: boolean) => put("/api/admin/replies/drafts", { shares_drafts: wanted }),
    onSuccess: () => {
      toast(t("draftsSaved"));
      return client.invalidateQueries({ queryKey: repliesKey });
    },
    onError: () => toast(t("unreachable"), { bad: true }),
  });
  return (
    <section className={look.section} aria-labelledby="replies-drafts">
      <h2 id="replies-drafts">{t("drafts")}</h2>
      <label className={own.check}>
        <input type="checkbox" checked={shares} disabled={save.isPending} onChange={(event) => save.mutate(event.target.checked)} data-testid="share-drafts" />
        <span>{t("draftsShare")}</span>
      </label>
      <p className={styles.hint}>{t("draftsWhy")}</p>
    </section>
  );
}
