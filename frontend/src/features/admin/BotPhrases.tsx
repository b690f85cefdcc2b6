import { Minus, Undo2 } from "lucide-react";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/Button";
import { Skeleton } from "@/ui/States";
import { spoken, useEdit, usePhrases, type BotView } from "./botApi";
import { Broken } from "./OfEachLine";
import look from "./Bot.module.css";

const SHOWN = 100;
const FEW = 80;

interface Given {
  intent: string;
  language: string;
  add?: string[];
  remove?: string[];
}

/** What subscribers write when they mean one subject: read, added to, taken out. */
export function BotPhrases({ bot }: { bot: BotView }) {
  const { t } = useTranslation("bot");
  const [chosen, choose] = useState(bot.intents[0]?.name ?? "");
  const [language, speak] = useState(bot.home_language);
  const [wanted, find] = useState("");
  const [given, give] = useState("");
  const edit = useEdit<Given>("phrases", bot.bot);
  const found = usePhrases(bot.bot, chosen, language);
  const intent = bot.intents.find(({ name }) => name === chosen);
  const words = wanted.trim().toLowerCase();
  const fitting = (found.data?.items ?? []).filter(({ text }) => text.toLowerCase().includes(words));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const add = given.split("\n").map((line) => line.trim()).filter(Boolean);
    if (add.length > 0) edit.mutate({ intent: chosen, language, add }, { onSuccess: () => give("") });
  };
  return (
    <>
      <div className={look.row}>
        <label>
          {t("intent")}
          <select value={chosen} onChange={(event) => choose(event.target.value)} data-testid="intent">
            {bot.intents.map((one) => (
              <option key={one.name} value={one.name}>
                {one.name} ({Object.values(one.phrases).reduce((sum, count) => sum + count, 0)}
                {one.added || one.removed ? ` · +${one.added} −${one.removed}` : ""})
              </option>
            ))}
          </select>
        </label>
        <label>
          {t("try.language")}
          <select value={language} onChange={(event) => speak(event.target.value)} data-testid="phrases-language">
            {bot.languages.map((one) => {
              const known = spoken(one);
              return (
                <option key={one} value={one}>
                  {known ? t(`languages.${known}`) : one}
                </option>
              );
            })}
          </select>
        </label>
      </div>
      <p className={look.hint}>
        {t("count", { count: intent?.phrases[language] ?? 0 })}
        {(intent?.phrases[language] ?? 0) < FEW && ` · ${t("few")}`}
      </p>
      <form onSubmit={submit} className={look.addition}>
        <label>
          {t("add")}
          <textarea rows={3} lang={language} value={given} onChange={(event) => give(event.target.value)} data-testid="new-phrases" />
        </label>
        <p className={look.hint}>{t("addHint")}</p>
        <Button type="submit" disabled={!given.trim() || edit.isPending} data-testid="add-phrases">
          {t("addButton")}
        </Button>
      </form>
      <label className={look.find}>
        {t("search")}
        <input type="search" value={wanted} onChange={(event) => find(event.target.value)} />
      </label>
      {found.isError && <Broken again={() => void found.refetch()} />}
      {found.isPending && <Skeleton rows={5} label={t("tabs.phrases")} />}
      <ul className={look.phrases} lang={language}>
        {fitting.slice(0, SHOWN).map(({ text, state }) => (
          <li key={`${state} ${text}`} data-state={state}>
            <span>{text}</span>
            {state !== "shipped" && <span className={look.mark}>{t(state === "added" ? "added" : "removed")}</span>}
            {state === "removed" ? (
              <Button look="quiet" size="small" square icon={<Undo2 size={14} />} aria-label={t("back", { text })} onClick={() => edit.mutate({ intent: chosen, language, add: [text] })} />
            ) : (
              <Button look="quiet" size="small" square icon={<Minus size={14} />} aria-label={t("remove", { text })} onClick={() => edit.mutate({ intent: chosen, language, remove: [text] })} />
            )}
          </li>
        ))}
      </ul>
      {fitting.length > SHOWN && <p className={look.hint}>{t("shownOf", { shown: SHOWN, count: fitting.length })}</p>}
    </>
  );
}
