import { BookOpen } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "@/api/session";
import { shortDate } from "@/ui/format";
import { Empty } from "@/ui/States";
import { ArticleEditor } from "./ArticleEditor";
import { ArticleForm } from "./ArticleForm";
import { KnowledgeSettingsForm } from "./KnowledgeSettingsForm";
import { KnowledgeTry } from "./KnowledgeTry";
import { LANGUAGES, useArticles, type ArticleLanguage, type ArticleRow } from "./knowledgeApi";
import { Section } from "./Section";
import { Table } from "./tables";
import { Dialog } from "@/ui/Dialog";
import styles from "./Admin.module.css";
import look from "./Knowledge.module.css";

/** Articles: the list, trying a question, how they are used; and one of them, opened. */
export function KnowledgeSection() {
  const { t } = useTranslation("knowledge");
  const articles = useArticles();
  const { user } = useSession();
  const [open, setOpen] = useState<string | null>(null);
  const [adding, setAdding] = useState(false);
  if (open !== null) return <ArticleEditor key={open} id={open} approves={user.role === "administrator"} ownWords={articles.data?.settings.own_words ?? false} onBack={() => setOpen(null)} />;
  return (
    <Section title={t("title")} lead={t("lead")} table={articles} add={t("add")} onAdd={() => setAdding(true)}>
      {({ items, settings }) => (
        <>
          {items.length === 0 ? <Empty icon={<BookOpen size={24} />} title={t("none")} text={t("noneText")} /> : <Rows items={items} onOpen={setOpen} />}
          {items.length > 0 && <KnowledgeTry />}
          {user.role === "administrator" && <KnowledgeSettingsForm key={JSON.stringify(settings)} settings={settings} />}
          {adding && (
            <Dialog title={t("add")} closeLabel={t("back")} look="side" onClose={() => setAdding(false)}>
              <ArticleForm
                article={null}
                onDone={(made) => {
                  setAdding(false);
                  setOpen(made.id);
                }}
              />
            </Dialog>
          )}
        </>
      )}
    </Section>
  );
}

function Rows({ items, onOpen }: { items: ArticleRow[]; onOpen: (id: string) => void }) {
  const { t } = useTranslation("knowledge");
  const { lines } = useSession();
  const named = (ids: string[]) => ids.map((id) => lines.find((line) => line.id === id)?.address ?? "?").join(", ");
  return (
    <Table heads={[t("heads.article"), t("heads.topic"), t("heads.lines"), t("heads.fr"), t("heads.en")]} empty={false} label={t("title")}>
      {items.map((one) => (
        <tr key={one.id} className={`${styles.clickable} ${one.is_archived ? styles.faint : ""}`} onClick={() => onOpen(one.id)}>
          <th scope="row">
            <button type="button" className={styles.name} onClick={() => onOpen(one.id)} data-testid={`article-${one.key}`}>
              {one.languages[0]?.title ?? one.key}
            </button>
            {one.is_archived && <span className={styles.chip}>{t("archived")}</span>}
            <small className={look.key}>{one.key}</small>
          </th>
          <td>{one.topic || "–"}</td>
          <td>{one.line_ids.length === 0 ? t("allLines") : named(one.line_ids)}</td>
          {LANGUAGES.map((language) => (
            <td key={language}>
              <State row={one} language={language} />
            </td>
          ))}
        </tr>
      ))}
    </Table>
  );
}

function State({ row, language }: { row: ArticleRow; language: ArticleLanguage }) {
  const { t } = useTranslation("knowledge");
  const mine = row.languages.find((one) => one.language === language);
  if (!mine) return <>{t("absent")}</>;
  return (
    <span className={look.states}>
      {mine.is_live && <span className={`${look.state} ${look.live}`}>{t("live")}</span>}
      {mine.work && <span className={look.state}>{t(`state.${mine.work}`)}</span>}
      {mine.next_at && <span className={look.state}>{t("next", { at: shortDate(mine.next_at) })}</span>}
      {!mine.is_live && !mine.work && !mine.next_at && t("absent")}
    </span>
  );
}
