import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { patch, post } from "@/api/fetch";
import { useSession } from "@/api/session";
import { Button } from "@/ui/Button";
import { toast } from "@/ui/toasts";
import { useDeed, type Article } from "./knowledgeApi";
import { useReason } from "./ListsSection";
import styles from "./Admin.module.css";
import look from "./Knowledge.module.css";

/** What an article is about and which lines it is for. Null: a new one. */
export function ArticleForm({ article, onDone }: { article: Article | null; onDone: (made: Article) => void }) {
  const { t } = useTranslation("knowledge");
  const { lines } = useSession();
  const reason = useReason();
  const [key, setKey] = useState("");
  const [topic, setTopic] = useState(article?.topic ?? "");
  const [tags, setTags] = useState(article?.tags.join(", ") ?? "");
  const [chosen, choose] = useState<string[]>(article?.line_ids ?? []);
  const save = useDeed(
    () => {
      const given = { topic, tags: tags.split(",").map((one) => one.trim()).filter(Boolean), line_ids: chosen };
      return article ? patch<Article>(`/api/admin/knowledge/${article.id}`, given) : post<Article>("/api/admin/knowledge", { key, ...given });
    },
    (made) => {
      toast(t("saved"));
      onDone(made);
    },
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate(undefined);
  };
  return (
    <form className={look.about} onSubmit={submit} noValidate>
      {!article && (
        <div className={styles.field}>
          <label htmlFor="article-key">{t("key")}</label>
          <input id="article-key" value={key} maxLength={60} autoCapitalize="none" aria-describedby="article-key-hint" aria-invalid={save.isError || undefined} onChange={(event) => setKey(event.target.value)} />
          <p id="article-key-hint" className={styles.hint}>{t("keyHint")}</p>
        </div>
      )}
      <div className={styles.field}>
        <label htmlFor="article-topic">{t("topic")}</label>
        <input id="article-topic" value={topic} maxLength={60} onChange={(event) => setTopic(event.target.value)} />
      </div>
      <div className={styles.field}>
        <label htmlFor="article-tags">{t("tags")}</label>
        <input id="article-tags" value={tags} maxLength={400} onChange={(event) => setTags(event.target.value)} />
      </div>
      <fieldset className={styles.field}>
        <legend>{t("lines")}</legend>
        {lines.map((line) => (
          <label key={line.id} className={styles.check}>
            <input
              type="checkbox"
              checked={chosen.includes(line.id)}
              onChange={(event) => choose(event.target.checked ? [...chosen, line.id] : chosen.filter((id) => id !== line.id))}
            />
            {line.address} · {line.name}
          </label>
        ))}
        <p className={styles.hint}>{t("linesHint")}</p>
      </fieldset>
      <p role="alert" className={styles.error}>{save.error ? reason(save.error) : ""}</p>
      <Button type="submit" look="primary" disabled={save.isPending || (!article && !key.trim())} data-testid="article-save">
        {t(article ? "save" : "create")}
      </Button>
    </form>
  );
}
