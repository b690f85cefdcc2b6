import { useState } from "react";
import { useTranslation } from "react-i18next";
import { post } from "@/api/fetch";
import { Button } from "@/ui/Button";
import { fullTime } from "@/ui/format";
import { toast } from "@/ui/toasts";
import { difference } from "./difference";
import { useDeed, type Article, type ArticleVersion } from "./knowledgeApi";
import { useReason } from "./ListsSection";
import styles from "./Admin.module.css";
import look from "./Knowledge.module.css";

/** What was written in one language, the newest first, each beside the one before it. */
export function ArticleVersions({ versions, approves }: { versions: ArticleVersion[]; approves: boolean }) {
  const { t } = useTranslation("knowledge");
  const reason = useReason();
  const [shown, show] = useState<string | null>(null);
  const bringBack = useDeed((id: string) => post<Article>(`/api/admin/knowledge/versions/${id}/bring-back`), () => toast(t("broughtBack")));
  if (versions.length === 0) return null;
  const inWork = versions.some((one) => one.state === "draft" || one.state === "submitted");
  return (
    <details className={look.history}>
      <summary>{t("history")}</summary>
      <ol>
        {versions.map((one, index) => (
          <li key={one.id}>
            <p>
              <strong>{t("version", { number: one.number })}</strong> <Mark version={one} />
            </p>
            <p className={look.faint}>
              {t("by", { name: one.written_by })} · <time dateTime={one.written_at}>{fullTime(one.written_at)}</time>
              {one.judged_by && one.judged_at && <> · {t("judged", { name: one.judged_by, at: fullTime(one.judged_at) })}</>}
              {one.live_from && <> · {t("times", { from: fullTime(one.live_from), until: one.live_until ? fullTime(one.live_until) : t("open") })}</>}
            </p>
            {one.remark && <p>{one.remark}</p>}
            <div className={look.deeds}>
              <Button size="small" look="quiet" aria-expanded={shown === one.id} onClick={() => show(shown === one.id ? null : one.id)}>
                {t("difference")}
              </Button>
              {approves && one.live_from && !one.is_live && !inWork && (
                <Button size="small" look="quiet" disabled={bringBack.isPending} onClick={() => bringBack.mutate(one.id)}>
                  {t("bringBack")}
                </Button>
              )}
            </div>
            {shown === one.id && <Difference after={one} before={versions[index + 1]} />}
          </li>
        ))}
      </ol>
      <p role="alert" className={styles.error}>{bringBack.error ? reason(bringBack.error) : ""}</p>
    </details>
  );
}

function Mark({ version }: { version: ArticleVersion }) {
  const { t } = useTranslation("knowledge");
  if (version.is_live) return <span className={`${look.state} ${look.live}`}>{t("live")}</span>;
  if (version.state !== "approved" || !version.live_from) return <span className={look.state}>{t(`state.${version.state}`)}</span>;
  const now = Date.now();
  const name = Date.parse(version.live_from) > now ? "planned" : version.live_until && Date.parse(version.live_until) <= now ? "ended" : "replaced";
  return <span className={look.state}>{t(name)}</span>;
}

const whole = (version: ArticleVersion) => [version.title, version.questions.join("\n"), version.answer, version.body].filter(Boolean).join("\n\n");

function Difference({ after, before }: { after: ArticleVersion; before: ArticleVersion | undefined }) {
  const { t } = useTranslation("knowledge");
  return (
    <div className={look.difference} lang={after.language}>
      <p className={look.faint}>{before ? t("differenceOf", { number: after.number, other: before.number }) : t("first")}</p>
      <p className={look.body}>
        {difference(before ? whole(before) : "", whole(after)).map((piece, index) =>
          piece.kind === "gone" ? <del key={index}>{piece.text}</del> : piece.kind === "new" ? <ins key={index}>{piece.text}</ins> : <span key={index}>{piece.text}</span>,
        )}
      </p>
    </div>
  );
}
