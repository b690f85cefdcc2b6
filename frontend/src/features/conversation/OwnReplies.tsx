import { Pencil, Trash2 } from "lucide-react";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/fetch";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Skeleton } from "@/ui/States";
import { toast } from "@/ui/toasts";
import { useOwnReplies, useSaveOwn, type OwnReply, type ReplyGiven } from "./repliesApi";
import form from "./Callback.module.css";
import styles from "./Quick.module.css";

const LANGUAGES = ["fr", "en"] as const;

/** One's own canned replies: what is in them, how often they were used, and changing them. */
export function OwnReplies({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("quick");
  const own = useOwnReplies();
  const [edited, setEdited] = useState<OwnReply | null>(null);
  const save = useSaveOwn(() => undefined);
  if (edited) return <OwnReplyForm reply={edited} words={{}} onClose={() => setEdited(null)} />;
  return (
    <Dialog title={t("mineTitle")} closeLabel={t("back")} look="side" onClose={onClose}>
      <div className={form.form} data-testid="own-replies">
        {own.data ? (
          own.data.items.length === 0 ? (
            <p>{t("mineNone")}</p>
          ) : (
            <ul className={styles.rows}>
              {own.data.items.map((one) => (
                <li key={one.id}>
                  <span>
                    <bdi>{one.title}</bdi> <code>/{one.shortcut}</code>
                    <small dir="auto">{one.fr || one.en}</small>
                    <small>{t("used", { count: one.mine })}</small>
                  </span>
                  <Button look="quiet" square aria-label={t("edit", { title: one.title })} icon={<Pencil size={15} />} onClick={() => setEdited(one)} />
                  <Button
                    look="quiet"
                    square
                    aria-label={t("remove", { title: one.title })}
                    icon={<Trash2 size={15} />}
                    disabled={save.isPending}
                    onClick={() => save.mutate({ id: one.id, given: null }, { onSuccess: () => toast(t("removed", { title: one.title })), onError: () => toast(t("unreachable"), { bad: true }) })}
                  />
                </li>
              ))}
            </ul>
          )
        ) : own.isError ? (
          <p role="alert">{t("failed")}</p>
        ) : (
          <Skeleton rows={3} look="lines" label={t("loading")} />
        )}
      </div>
    </Dialog>
  );
}

interface FormProps {
  reply: OwnReply | null;
  /** What is to be kept, by language. */
  words: { fr?: string; en?: string };
  onClose: () => void;
}

export function OwnReplyForm({ reply, words, onClose }: FormProps) {
  const { t } = useTranslation("quick");
  const [given, setGiven] = useState<ReplyGiven>({
    shortcut: reply?.shortcut ?? "", title: reply?.title ?? "", fr: reply?.fr ?? words.fr ?? "", en: reply?.en ?? words.en ?? "",
    tags: reply?.tags ?? [], line_ids: reply?.line_ids ?? [],
  });
  const save = useSaveOwn((made) => {
    if (made) toast(t("saved", { title: made.title, shortcut: made.shortcut }));
    onClose();
  });
  const wrong = save.error instanceof ApiError ? save.error.fields : {};
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!save.isPending) save.mutate({ id: reply?.id ?? null, given });
  };
  const field = (name: "shortcut" | "title" | "fr" | "en", label: string, hint?: string) => {
    const common = {
      id: `own-${name}`,
      value: given[name] ?? "",
      "aria-invalid": wrong[name] ? (true as const) : undefined,
      "aria-describedby": wrong[name] ? `own-${name}-wrong` : undefined,
    };
    return (
      <div>
        <label htmlFor={common.id}>
          {label} {hint && <small>{hint}</small>}
        </label>
        {name === "fr" || name === "en" ? (
          <textarea {...common} dir="auto" rows={3} maxLength={1000} onChange={(event) => setGiven({ ...given, [name]: event.target.value })} />
        ) : (
          <input {...common} maxLength={name === "title" ? 120 : 41} autoComplete="off" onChange={(event) => setGiven({ ...given, [name]: event.target.value })} />
        )}
        {wrong[name] && (
          <p id={`own-${name}-wrong`} className={styles.wrong}>
            {wrong[name]}
          </p>
        )}
      </div>
    );
  };
  return (
    <Dialog title={t(reply ? "editTitle" : "saveTitle")} closeLabel={t("cancel")} onClose={onClose}>
      <form className={form.form} onSubmit={submit} noValidate data-testid="own-reply-form">
        {field("shortcut", t("shortcut"), t("shortcutHint"))}
        {field("title", t("title"))}
        {LANGUAGES.map((one) => (
          <div key={one}>{field(one, t(`words.${one}`))}</div>
        ))}
        {save.isError && Object.keys(wrong).length === 0 && (
          <p role="alert" className={styles.wrong}>
            {save.error instanceof ApiError && save.error.status !== 0 ? save.error.message : t("unreachable")}
          </p>
        )}
        <div className={styles.buttons}>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" look="primary" disabled={save.isPending} data-testid="own-reply-save">
            {t("keep")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
