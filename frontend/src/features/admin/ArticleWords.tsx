import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, post, put } from "@/api/fetch";
import { Button } from "@/ui/Button";
import { fromLocal, fullTime } from "@/ui/format";
import { countSegments } from "@/ui/segments";
import { toast } from "@/ui/toasts";
import { typeset } from "@/ui/typeset";
import { useDeed, type Article, type ArticleLanguage, type ArticleVersion } from "./knowledgeApi";
import { useReason } from "./ListsSection";
import styles from "./Admin.module.css";
import look from "./Knowledge.module.css";

const NAMES = { gsm7: "GSM-7", latin1: "Latin-1", ucs2: "Unicode" } as const;

interface ArticleWordsProps {
  articleId: string;
  language: ArticleLanguage;
  /** Of this language, the newest first. */
  versions: ArticleVersion[];
  approves: boolean;
  ownWords: boolean;
}

/** What is live in one language; below, the draft, or what waits to be approved. */
export function ArticleWords({ articleId, language, versions, approves, ownWords }: ArticleWordsProps) {
  const { t } = useTranslation("knowledge");
  const reason = useReason();
  const live = versions.find((one) => one.is_live);
  const waiting = versions.find((one) => one.state === "submitted");
  const withdraw = useDeed((id: string) => post<Article>(`/api/admin/knowledge/versions/${id}/withdraw`), () => toast(t("withdrawn")));
  return (
    <>
      <div className={look.now}>
        {live ? (
          <>
            <p>
              <span className={`${look.state} ${look.live}`}>{t("live")}</span>{" "}
              {live.live_until ? t("isLiveUntil", { number: live.number, until: fullTime(live.live_until) }) : t("isLive", { number: live.number })}
            </p>
            {live.answer && <q lang={language} className={look.said}>{live.answer}</q>}
            {approves && (
              <Button size="small" disabled={withdraw.isPending} onClick={() => withdraw.mutate(live.id)} data-testid={`withdraw-${language}`}>
                {t("withdraw")}
              </Button>
            )}
          </>
        ) : (
          <p className={look.faint}>{t("notLive")}</p>
        )}
        <p role="alert" className={styles.error}>{withdraw.error ? reason(withdraw.error) : ""}</p>
      </div>
      {waiting ? (
        <Waiting version={waiting} language={language} approves={approves} ownWords={ownWords} />
      ) : (
        <Draft articleId={articleId} language={language} draft={versions.find((one) => one.state === "draft")} from={live ?? versions[0]} />
      )}
    </>
  );
}

interface DraftProps {
  articleId: string;
  language: ArticleLanguage;
  draft: ArticleVersion | undefined;
  /** What a new draft begins with. */
  from: ArticleVersion | undefined;
}

function Draft({ articleId, language, draft, from }: DraftProps) {
  const { t } = useTranslation("knowledge");
  const reason = useReason();
  const start = draft ?? from;
  const [title, setTitle] = useState(start?.title ?? "");
  const [questions, setQuestions] = useState(start?.questions.join("\n") ?? "");
  const [answer, setAnswer] = useState(start?.answer ?? "");
  const [body, setBody] = useState(start?.body ?? "");
  const count = countSegments(answer);
  const given = { language, title, questions: questions.split("\n").filter((one) => one.trim()), answer, body };
  const save = useDeed(
    async (then: "keep" | "submit") => {
      const made = await put<Article>(`/api/admin/knowledge/${articleId}/draft`, given);
      if (then === "keep") return made;
      const mine = made.versions.find((one) => one.language === language && one.state === "draft");
      return mine ? post<Article>(`/api/admin/knowledge/versions/${mine.id}/submit`) : made;
    },
    (made) => toast(t(made.versions.some((one) => one.language === language && one.state === "submitted") ? "submitted" : "saved")),
  );
  const errors = save.error instanceof ApiError ? save.error.fields : {};
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate("submit");
  };
  const id = `draft-${language}`;
  return (
    <form onSubmit={submit} noValidate data-testid={id}>
      <div className={styles.field}>
        <label htmlFor={`${id}-title`}>{t("field.title")}</label>
        <input id={`${id}-title`} lang={language} value={title} maxLength={120} aria-invalid={errors.title ? true : undefined} onChange={(event) => setTitle(event.target.value)} />
      </div>
      <div className={styles.field}>
        <label htmlFor={`${id}-questions`}>{t("field.questions")}</label>
        <textarea id={`${id}-questions`} lang={language} rows={4} value={questions} onChange={(event) => setQuestions(event.target.value)} />
      </div>
      <div className={styles.field}>
        <label htmlFor={`${id}-answer`}>{t("field.answer")}</label>
        <textarea id={`${id}-answer`} lang={language} rows={4} value={answer} maxLength={480} aria-describedby={`${id}-count`} onChange={(event) => setAnswer(event.target.value)} />
        <p id={`${id}-count`} className={count.encoding === "ucs2" ? look.costly : styles.hint} data-parts={count.parts}>
          {t("sms", { parts: count.parts, encoding: NAMES[count.encoding] })}
        </p>
      </div>
      <div className={styles.field}>
        <label htmlFor={`${id}-body`}>{t("field.body")}</label>
        <textarea id={`${id}-body`} lang={language} rows={5} value={body} maxLength={8000} aria-describedby={`${id}-hint`} onChange={(event) => setBody(event.target.value)} />
        <p id={`${id}-hint`} className={styles.hint}>{t("bodyHint")}</p>
      </div>
      <p role="alert" className={styles.error}>{save.error ? reason(save.error) : ""}</p>
      <footer className={look.deeds}>
        <Button size="small" disabled={save.isPending || !title.trim()} onClick={() => save.mutate("keep")}>
          {t("saveDraft")}
        </Button>
        <Button type="submit" size="small" look="primary" disabled={save.isPending || !title.trim() || !(answer.trim() || body.trim())} data-testid={`submit-${language}`}>
          {t("submit")}
        </Button>
      </footer>
    </form>
  );
}

function Waiting({ version, language, approves, ownWords }: { version: ArticleVersion; language: ArticleLanguage; approves: boolean; ownWords: boolean }) {
  const { t } = useTranslation("knowledge");
  const reason = useReason();
  const [from, setFrom] = useState("");
  const [until, setUntil] = useState("");
  const [remark, setRemark] = useState("");
  const at = (verb: string) => `/api/admin/knowledge/versions/${version.id}/${verb}`;
  const approve = useDeed(
    () => post<Article>(at("approve"), { live_from: from ? fromLocal(from) : null, live_until: until ? fromLocal(until) : null }),
    () => toast(t("approved")),
  );
  const refuse = useDeed(() => post<Article>(at("refuse"), { remark }), () => toast(t("refused")));
  const id = `waiting-${language}`;
  const barred = version.written_by_me && !ownWords;
  return (
    <div className={look.waiting} data-testid={id}>
      <p>{typeset(t("waits", { title: version.title, name: version.written_by }))}</p>
      {version.answer && <q lang={language} className={look.said}>{version.answer}</q>}
      {version.questions.length > 0 && <ul lang={language} className={look.questions}>{version.questions.map((one) => <li key={one}>{one}</li>)}</ul>}
      {version.body && <p lang={language} className={look.body}>{version.body}</p>}
      {approves && barred && <p className={look.costly}>{t("ownWords")}</p>}
      {approves && (
        <>
          {!barred && (
            <div className={look.deeds}>
              <label className={styles.field} htmlFor={`${id}-from`}>
                {t("from")}
                <input id={`${id}-from`} type="datetime-local" value={from} onChange={(event) => setFrom(event.target.value)} />
              </label>
              <label className={styles.field} htmlFor={`${id}-until`}>
                {t("until")}
                <input id={`${id}-until`} type="datetime-local" value={until} onChange={(event) => setUntil(event.target.value)} />
              </label>
              <Button size="small" look="primary" disabled={approve.isPending} onClick={() => approve.mutate(undefined)} data-testid={`approve-${language}`}>
                {t("approve")}
              </Button>
            </div>
          )}
          <div className={look.deeds}>
            <label className={`${styles.field} ${look.grow}`} htmlFor={`${id}-remark`}>
              {t("remark")}
              <input id={`${id}-remark`} value={remark} maxLength={300} onChange={(event) => setRemark(event.target.value)} />
            </label>
            <Button size="small" disabled={refuse.isPending || !remark.trim()} onClick={() => refuse.mutate(undefined)}>
              {t("refuse")}
            </Button>
          </div>
        </>
      )}
      <p role="alert" className={styles.error}>{approve.error || refuse.error ? reason(approve.error ?? refuse.error) : ""}</p>
    </div>
  );
}
