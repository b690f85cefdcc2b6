import { useQuery } from "@tanstack/react-query";
import { BookOpen, Search } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { useTranslation } from "react-i18next";
import { get, query } from "@/api/fetch";
import type { Row, Schemas } from "@/api/types";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Skeleton } from "@/ui/States";
import { toast } from "@/ui/toasts";
import styles from "./Articles.module.css";

type Found = Schemas["ArticlesFound"];
const LANGUAGES = ["fr", "en"] as const;

interface ArticlesProps {
  row: Row;
  open: boolean;
  onOpen: (open: boolean) => void;
  onInsert: (answer: string) => void;
}

/** A button, and the articles to choose from: what is inserted is read, changed and sent by the agent. */
export function Articles({ row, open, onOpen, onInsert }: ArticlesProps) {
  const { t } = useTranslation("knowledge");
  return (
    <>
      <Button look="quiet" size="small" square aria-label={t("desk.open")} title={`${t("desk.open")} (Ctrl+J)`} icon={<BookOpen size={16} />} onClick={() => onOpen(true)} data-testid="articles" />
      {open && (
        <Dialog title={t("desk.label")} closeLabel={t("back")} look="side" onClose={() => onOpen(false)}>
          <Choice
            row={row}
            onInsert={(answer) => {
              onOpen(false);
              onInsert(answer);
              toast(t("desk.inserted"));
            }}
          />
        </Dialog>
      )}
    </>
  );
}

function Choice({ row, onInsert }: { row: Row; onInsert: (answer: string) => void }) {
  const { t } = useTranslation("knowledge");
  const [typed, setTyped] = useState("");
  const [language, setLanguage] = useState<(typeof LANGUAGES)[number]>(LANGUAGES.find((one) => one === row.contact.language) ?? "fr");
  const text = useDeferredValue(typed.trim());
  const found = useQuery({
    queryKey: ["articles", row.line_id, language, text],
    queryFn: ({ signal }) => get<Found>(`/api/knowledge${query({ text: text || null, language, line_id: row.line_id })}`, signal),
    placeholderData: (before) => before,
    retry: 1,
  });
  return (
    <div className={styles.choice}>
      <label className={styles.search}>
        <Search size={16} aria-hidden="true" />
        <span className="visually-hidden">{t("desk.search")}</span>
        <input type="search" data-autofocus value={typed} placeholder={t("desk.search")} maxLength={200} onChange={(event) => setTyped(event.target.value)} data-testid="articles-search" />
      </label>
      <div className={styles.languages} role="radiogroup" aria-label={`${t("language.fr")} / ${t("language.en")}`}>
        {LANGUAGES.map((one) => (
          <label key={one}>
            <input type="radio" name="articles-language" checked={language === one} onChange={() => setLanguage(one)} />
            {t(`language.${one}`)}
          </label>
        ))}
      </div>
      {found.data ? (
        found.data.items.length === 0 ? (
          <p className={styles.none}>{t("desk.none")}</p>
        ) : (
          <ul className={styles.found} lang={language}>
            {found.data.items.map((one) => (
              <li key={one.article_id}>
                <h3>{one.title}</h3>
                {one.answer && <p>{one.answer}</p>}
                {one.body && (
                  <details>
                    <summary>{t("desk.more")}</summary>
                    <p className={styles.body}>{one.body}</p>
                  </details>
                )}
                {one.answer && (
                  <Button size="small" onClick={() => onInsert(one.answer)} data-testid="article-insert">
                    {t("desk.insert", { title: one.title })}
                  </Button>
                )}
              </li>
            ))}
          </ul>
        )
      ) : found.isError ? (
        <p className={styles.none} role="alert">{t("desk.fails")}</p>
      ) : (
        <Skeleton rows={3} look="lines" label={t("desk.label")} />
      )}
    </div>
  );
}

/** Answers for what the subscriber has just asked. A click puts one into the field; nothing leaves by itself. */
export function Suggestions({ row, onInsert }: { row: Row; onInsert: (answer: string) => void }) {
  const { t } = useTranslation("knowledge");
  const waits = row.last_message?.kind === "incoming";
  const found = useQuery({
    queryKey: ["suggestions", row.id, row.last_seq],
    queryFn: ({ signal }) => get<Found>(`/api/conversations/${row.id}/suggestions`, signal),
    enabled: waits,
    retry: false,
    staleTime: 60_000,
  });
  const items = waits ? (found.data?.items ?? []) : [];
  if (items.length === 0) return null;
  return (
    <div className={styles.suggested} role="group" aria-label={t("desk.suggested")}>
      {items.map((one) => (
        <button key={one.article_id} type="button" title={one.answer} onClick={() => onInsert(one.answer)} data-testid="suggestion">
          <BookOpen size={13} aria-hidden="true" />
          <span>{one.title}</span>
        </button>
      ))}
    </div>
  );
}
