import { Pencil } from "lucide-react";
import { useId, useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "@/api/session";
import { Button } from "@/ui/Button";
import { fullTime } from "@/ui/format";
import { usePersonDeed, type Person } from "./api";
import { Wrong } from "./Said";
import styles from "./Person.module.css";

interface Props {
  person: Person;
  conversationId: string;
}

export function PersonNotes({ person, conversationId }: Props) {
  const { t } = useTranslation("person");
  const me = useSession().user.id;
  const deed = usePersonDeed(person.id, conversationId);
  const [body, setBody] = useState("");
  const [editing, setEditing] = useState<string | null>(null);
  const id = useId();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (body.trim() !== "" && !deed.isPending) deed.mutate({ do: "note", body }, { onSuccess: () => setBody("") });
  };
  return (
    <section data-testid="person-notes">
      <h3>{t("notes.title")}</h3>
      {person.notes.length === 0 && <p className={styles.faint}>{t("notes.none")}</p>}
      <ul className={styles.notes}>
        {person.notes.map((one) =>
          editing === one.id ? (
            <li key={one.id}>
              <EditNote person={person} conversationId={conversationId} note={one} onDone={() => setEditing(null)} />
            </li>
          ) : (
            <li key={one.id}>
              <p className={styles.noteBody} dir="auto">
                {one.body}
              </p>
              <p className={styles.noteBy}>
                <span>
                  {one.author} · <time dateTime={one.at}>{fullTime(one.at)}</time>
                  {one.edited_at && ` · ${t("notes.edited", { when: fullTime(one.edited_at) })}`}
                </span>
                {one.author_id === me && (
                  <button type="button" className={styles.pencil} aria-label={t("notes.edit")} title={t("notes.edit")} onClick={() => setEditing(one.id)}>
                    <Pencil size={13} aria-hidden="true" />
                  </button>
                )}
              </p>
            </li>
          ),
        )}
      </ul>
      <form className={styles.noteForm} onSubmit={submit}>
        <label className="visually-hidden" htmlFor={id}>
          {t("notes.field")}
        </label>
        <textarea id={id} rows={2} maxLength={2000} placeholder={t("notes.field")} value={body} data-testid="person-note" onChange={(event) => setBody(event.target.value)} />
        {body.trim() !== "" && (
          <Button size="small" type="submit" disabled={deed.isPending} data-testid="person-note-add">
            {t("notes.add")}
          </Button>
        )}
        <Wrong failure={deed.error} />
      </form>
    </section>
  );
}

function EditNote({ person, conversationId, note, onDone }: Props & { note: Person["notes"][number]; onDone: () => void }) {
  const { t } = useTranslation("person");
  const deed = usePersonDeed(person.id, conversationId);
  const [body, setBody] = useState(note.body);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!deed.isPending) deed.mutate({ do: "editNote", id: note.id, body }, { onSuccess: onDone });
  };
  return (
    <form className={styles.noteForm} onSubmit={submit}>
      <textarea autoFocus rows={3} maxLength={2000} aria-label={t("notes.edit")} value={body} onChange={(event) => setBody(event.target.value)} />
      {body.trim() === "" && <p className={styles.faint}>{t("notes.emptyForgets")}</p>}
      <div className={styles.row}>
        <Button size="small" onClick={onDone}>
          {t("cancel")}
        </Button>
        <Button size="small" look="primary" type="submit" disabled={deed.isPending}>
          {t("save")}
        </Button>
      </div>
      <Wrong failure={deed.error} />
    </form>
  );
}
