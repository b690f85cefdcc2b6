import { Archive, ArchiveRestore, ArrowLeft } from "lucide-react";
import { useTranslation } from "react-i18next";
import { patch } from "@/api/fetch";
import { Button } from "@/ui/Button";
import { toast } from "@/ui/toasts";
import { ArticleForm } from "./ArticleForm";
import { ArticleVersions } from "./ArticleVersions";
import { ArticleWords } from "./ArticleWords";
import { LANGUAGES, useArticle, useDeed, type Article } from "./knowledgeApi";
import { Loaded } from "./Section";
import styles from "./Admin.module.css";
import look from "./Knowledge.module.css";

interface ArticleEditorProps {
  id: string;
  /** Whether the reader may approve, and his own words. */
  approves: boolean;
  ownWords: boolean;
  onBack: () => void;
}

/** One article: both languages side by side, each with what is live, what is in work and what was. */
export function ArticleEditor({ id, approves, ownWords, onBack }: ArticleEditorProps) {
  const { t } = useTranslation("knowledge");
  const article = useArticle(id);
  const archive = useDeed((is_archived: boolean) => patch<Article>(`/api/admin/knowledge/${id}`, { is_archived }), () => toast(t("saved")));
  return (
    <>
      <header className={styles.head}>
        <div>
          <Button look="quiet" icon={<ArrowLeft size={16} aria-hidden="true" />} onClick={onBack}>
            {t("back")}
          </Button>
          <h1 className={look.name}>{article.data?.key ?? "…"}</h1>
        </div>
        {article.data && (
          <Button
            icon={article.data.is_archived ? <ArchiveRestore size={16} aria-hidden="true" /> : <Archive size={16} aria-hidden="true" />}
            disabled={archive.isPending}
            onClick={() => archive.mutate(!article.data.is_archived)}
          >
            {t(article.data.is_archived ? "restore" : "archive")}
          </Button>
        )}
      </header>
      <Loaded table={article}>
        {(data) => (
          <>
            <div className={look.columns}>
              {LANGUAGES.map((language) => {
                const versions = data.versions.filter((one) => one.language === language);
                return (
                  <section key={language} className={look.column} aria-labelledby={`words-${language}`}>
                    <h2 id={`words-${language}`}>{t(`language.${language}`)}</h2>
                    <ArticleWords key={versions.map((one) => `${one.id} ${one.state}`).join()} articleId={data.id} language={language} versions={versions} approves={approves} ownWords={ownWords} />
                    <ArticleVersions versions={versions} approves={approves} />
                  </section>
                );
              })}
            </div>
            <section className={look.column} aria-labelledby="article-about">
              <h2 id="article-about">{t("about")}</h2>
              <ArticleForm key={`${data.topic} ${data.tags.join()} ${data.line_ids.join()}`} article={data} onDone={() => undefined} />
            </section>
          </>
        )}
      </Loaded>
    </>
  );
}
