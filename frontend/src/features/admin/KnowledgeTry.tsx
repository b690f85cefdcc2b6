import { useMutation } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { post } from "@/api/fetch";
import { useSession } from "@/api/session";
import { Button } from "@/ui/Button";
import { percent } from "@/ui/format";
import { LANGUAGES, type ArticleLanguage, type ArticlesTried } from "./knowledgeApi";
import { useReason } from "./ListsSection";
import styles from "./Admin.module.css";
import look from "./Knowledge.module.css";

/** Which article answers a text, and whether the bot would quote it. */
export function KnowledgeTry() {
  const { t } = useTranslation("knowledge");
  const { lines } = useSession();
  const reason = useReason();
  const [text, setText] = useState("");
  const [language, setLanguage] = useState<ArticleLanguage>("fr");
  const [line, setLine] = useState("");
  const attempt = useMutation({ mutationFn: () => post<ArticlesTried>("/api/admin/knowledge/try", { text, language, line_id: line || null }) });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim()) attempt.mutate();
  };
  const tried = attempt.data;
  return (
    <section className={look.section} aria-labelledby="knowledge-try">
      <h2 id="knowledge-try">{t("tryTitle")}</h2>
      <p className={styles.hint}>{t("tryLead")}</p>
      <form className={look.row} onSubmit={submit}>
        <label className={look.grow}>
          <span className="visually-hidden">{t("tryText")}</span>
          <input className={look.input} value={text} placeholder={t("tryText")} maxLength={500} onChange={(event) => setText(event.target.value)} data-testid="question" />
        </label>
        <select className={look.input} aria-label={`${t("language.fr")} / ${t("language.en")}`} value={language} onChange={(event) => setLanguage(LANGUAGES.find((one) => one === event.target.value) ?? "fr")}>
          {LANGUAGES.map((one) => (
            <option key={one} value={one}>{t(`language.${one}`)}</option>
          ))}
        </select>
        <select className={look.input} aria-label={t("heads.lines")} value={line} onChange={(event) => setLine(event.target.value)}>
          <option value="">{t("tryLine")}</option>
          {lines.map((one) => (
            <option key={one.id} value={one.id}>{one.address} · {one.name}</option>
          ))}
        </select>
        <Button type="submit" disabled={!text.trim() || attempt.isPending} data-testid="try-question">{t("try")}</Button>
      </form>
      <div role="status">
        {attempt.error && <p className={styles.error}>{reason(attempt.error)}</p>}
        {tried && !attempt.error && (
          <div data-testid="question-tried" data-quotes={tried.quotes}>
            {tried.items.length === 0 ? (
              <p>{t("nothingFound")}</p>
            ) : (
              <>
                <p><strong>{tried.quotes ? t("quotes") : t("quotesNot", { threshold: percent(tried.threshold) })}</strong></p>
                <ol className={look.hits}>
                  {tried.items.map((one) => (
                    <li key={one.article_id}>
                      <span className={look.score}>{percent(one.score)}</span>
                      <span><strong>{one.title}</strong> <small className={look.faint}>{one.key}</small><br /><span lang={language}>{one.answer}</span></span>
                    </li>
                  ))}
                </ol>
              </>
            )}
          </div>
        )}
      </div>
    </section>
  );
}
