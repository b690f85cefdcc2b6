import { Plus, RotateCcw } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/Button";
import { countSegments } from "@/ui/segments";
import { spoken, useEdit, type BotView, type Sentence } from "./botApi";
import styles from "./Admin.module.css";
import look from "./Bot.module.css";

interface Given {
  name: string;
  language: string;
  texts: string[] | null;
}

/** Every answer, by subject, its languages side by side. What is written is kept when one leaves the field. */
export function BotSentences({ bot }: { bot: BotView }) {
  const { t } = useTranslation("bot");
  const [wanted, find] = useState("");
  const edit = useEdit<Given>("sentence", bot.bot);
  const words = wanted.trim().toLowerCase();
  const fits = (one: Sentence) => !words || [one.name, one.subject, ...Object.values(one.texts).flat(), ...Object.values(one.shipped).flat()].some((text) => text.toLowerCase().includes(words));
  const shown = bot.sentences.filter(fits);
  const languages = [bot.home_language, ...bot.languages.filter((one) => one !== bot.home_language)];
  return (
    <>
      <label className={look.find}>
        {t("search")}
        <input type="search" value={wanted} onChange={(event) => find(event.target.value)} data-testid="find-answer" />
        <small role="status">{t("found", { count: shown.length })}</small>
      </label>
      {shown.length === 0 && <p className={styles.none}>–</p>}
      {shown.map((one) => (
        <section key={one.name} className={look.answer} aria-label={one.name} data-testid="answer" data-name={one.name}>
          <h3>
            {one.subject.replaceAll("_", " ")} <code>{one.name}</code>
            {one.changed ? <span className={look.mark}>{t("changed")}</span> : one.own && <span className={look.mark}>{t("own")}</span>}
          </h3>
          <div className={look.side}>
            {languages.filter((language) => one.texts[language]).map((language) => (
              <InLanguage key={language} sentence={one} language={language} save={(texts) => edit.mutate({ name: one.name, language, texts })} />
            ))}
          </div>
        </section>
      ))}
    </>
  );
}

function InLanguage({ sentence, language, save }: { sentence: Sentence; language: string; save: (texts: string[] | null) => void }) {
  const { t } = useTranslation("bot");
  const stored = sentence.texts[language] ?? [];
  const [texts, write] = useState(stored);
  const kept = stored.join("\n");
  useEffect(() => { write(kept.split("\n")); }, [kept]);
  const known = spoken(language);
  const name = known ? t(`languages.${known}`) : language;
  const isOwn = JSON.stringify(stored) !== JSON.stringify(sentence.shipped[language]);
  const keep = () => {
    const written = texts.map((text) => text.trim()).filter(Boolean);
    if (written.length === 0) write(stored);
    else if (JSON.stringify(written) !== JSON.stringify(stored)) save(written);
  };
  return (
    <div className={look.language}>
      <span className={look.tongue}>{name}</span>
      {texts.map((text, place) => (
        <div key={place}>
          <textarea
            rows={3} lang={language} value={text} maxLength={1000} spellCheck data-testid={`say-${language}`}
            aria-label={texts.length > 1 ? t("variant", { name: sentence.name, language: name, place: place + 1 }) : t("answerOf", { name: sentence.name, language: name })}
            onChange={(event) => write(texts.map((other, at) => (at === place ? event.target.value.replaceAll("\n", " ") : other)))}
            onBlur={keep}
          />
          <Cost text={text} />
        </div>
      ))}
      <div className={look.deeds}>
        {texts.length < 5 && (
          <Button look="quiet" size="small" icon={<Plus size={14} aria-hidden="true" />} onClick={() => write([...texts, ""])}>
            {t("addVariant")}
          </Button>
        )}
        {isOwn && (
          <Button look="quiet" size="small" icon={<RotateCcw size={14} aria-hidden="true" />} aria-label={t("resetOf", { name: sentence.name, language: name })} onClick={() => save(null)}>
            {t("reset")}
          </Button>
        )}
      </div>
    </div>
  );
}

/** What it costs as an SMS; the values that stand in braces are not counted, since they are not known here. */
function Cost({ text }: { text: string }) {
  const { t } = useTranslation("bot");
  const count = countSegments(text);
  return (
    <small className={count.parts > 1 ? look.long : look.cost}>
      {t("units", { units: count.units, room: count.room, parts: count.parts })}
      {count.unicode.length > 0 && ` · ${t("unicode", { characters: count.unicode.join(" ") })}`}
    </small>
  );
}
