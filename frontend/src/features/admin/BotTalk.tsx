import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Send, X } from "lucide-react";
import { useEffect, useRef, useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, post, put } from "@/api/fetch";
import { Button } from "@/ui/Button";
import { toast } from "@/ui/toasts";
import { botKey, spoken, useRehearsals, type BotView, type Rehearsal, type Talk } from "./botApi";
import { useReason } from "./ListsSection";
import styles from "./Admin.module.css";
import look from "./Bot.module.css";

type Turn = Talk["turns"][number];
const AGAIN_MS = 2000;
const MOST_TRIES = 20;

/** A conversation with a version of the bot, as on a phone; under each answer, what led to it. */
export function BotTalk({ bot }: { bot: BotView }) {
  const { t } = useTranslation("bot");
  const reason = useReason();
  const [which, choose] = useState("");
  const [language, speak] = useState(bot.home_language);
  const [texts, say] = useState<string[]>([]);
  const [text, write] = useState("");
  const end = useRef<HTMLDivElement>(null);
  const talk = useMutation({
    mutationFn: (said: { texts: string[]; which: string; language: string }) =>
      post<Talk>("/api/admin/bot/talk", { bot: bot.bot, texts: said.texts, language: said.language, version_id: said.which && said.which !== "shipped" ? said.which : null, shipped: said.which === "shipped" }),
    // A version that has to be read or learnt first goes on meanwhile: asked again until it is there.
    retry: (count, failure) => count < MOST_TRIES && failure instanceof ApiError && failure.code === "bot_learning",
    retryDelay: AGAIN_MS,
  });
  const begin = (all: string[], to = which, tongue = language) => {
    say(all);
    if (all.length > 0) talk.mutate({ texts: all, which: to, language: tongue });
    else talk.reset();
  };
  // What was changed in the draft is heard at once: the same conversation is gone through again.
  const revision = bot.draft?.revision;
  const state = bot.draft?.state;
  const replay = useRef(() => {});
  useEffect(() => {
    replay.current = () => {
      if (texts.length > 0) begin(texts);
    };
  });
  const heard = texts.length > 0;
  useEffect(() => replay.current(), [revision, state]);
  useEffect(() => {
    // Newer browsers answer with a promise, which React would take for a clean-up.
    if (talk.data) void end.current?.scrollIntoView({ block: "nearest" });
  }, [talk.data]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!text.trim()) return;
    begin([...texts, text.trim()]);
    write("");
  };
  const turns = heard ? (talk.data?.turns ?? []) : [];
  const current = bot.versions.find(({ state: one }) => one === "published");
  return (
    <aside className={look.phone} aria-labelledby="try-title">
      <h2 id="try-title">{t("try.title")}</h2>
      <p className={look.hint}>{t("try.lead")}</p>
      <div className={look.row}>
        <label className={look.grow}>
          {t("try.which")}
          <select value={which} onChange={(event) => (choose(event.target.value), begin(texts, event.target.value))} data-testid="talk-to">
            <option value="">{t(bot.draft ? "try.next" : "try.current")}</option>
            {bot.draft && current && <option value={current.id}>{t("try.current")}</option>}
            {bot.versions.filter(({ state: one }) => one === "retired").map((one) => (
              <option key={one.id} value={one.id}>
                {t("version", { number: one.number })}
              </option>
            ))}
            <option value="shipped">{t("try.shipped")}</option>
          </select>
        </label>
        <label>
          {t("try.language")}
          <select value={language} onChange={(event) => (speak(event.target.value), begin(texts, which, event.target.value))}>
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
      {talk.data?.unlearnt && heard && <p className={look.trouble}>{t("try.unlearnt")}</p>}
      <div className={look.thread} role="log" aria-label={t("try.title")} data-testid="thread" aria-busy={talk.isPending} tabIndex={0}>
        {texts.map((said, place) => (
          <OneTurn key={place} said={said} turn={turns[place]} />
        ))}
        <div ref={end} />
      </div>
      {talk.isPending && talk.failureCount > 0 && <p className={look.hint} role="status">{t("try.learning")}</p>}
      <p role="alert" className={styles.error}>
        {talk.error ? reason(talk.error) : ""}
      </p>
      <form className={look.row} onSubmit={submit}>
        <label className={look.grow}>
          <span className="visually-hidden">{t("try.text")}</span>
          <input value={text} maxLength={1600} placeholder={t("try.text")} onChange={(event) => write(event.target.value)} data-testid="talk-text" />
        </label>
        <Button type="submit" look="primary" disabled={!text.trim() || talk.isPending} icon={<Send size={16} aria-hidden="true" />} data-testid="talk-send">
          {t("try.send")}
        </Button>
      </form>
      {heard && (
        <Button look="quiet" size="small" onClick={() => begin([])} data-testid="talk-again">
          {t("try.again")}
        </Button>
      )}
      {turns.length > 0 && !talk.isPending && <Keep bot={bot.bot} language={language} turns={turns} />}
      <Kept bot={bot.bot} />
    </aside>
  );
}

function OneTurn({ said, turn }: { said: string; turn: Turn | undefined }) {
  const { t } = useTranslation("bot");
  const percent = Math.round((turn?.confidence ?? 0) * 100);
  return (
    <>
      <p className={look.said}>
        <span className="visually-hidden">{t("try.you")}</span> {said}
      </p>
      {turn?.replies.map((reply, place) => (
        <p key={place} className={look.reply} lang={turn.language} data-testid="reply">
          <span className="visually-hidden">{t("try.botSays")}</span> {reply}
        </p>
      ))}
      {turn && (
        <details className={look.facts} data-testid="facts">
          <summary>
            {turn.intent ? t("try.understood", { intent: turn.intent, percent }) : t("try.unsure", { percent })}
            {turn.handover && ` · ${t("try.hands", { reason: turn.handover.reason })}`}
          </summary>
          <dl>
            <Fact name={t("try.guesses")} value={turn.ranking.map((one) => `${one.intent} ${Math.round(one.confidence * 100)}\u00a0%`).join(", ")} />
            <Fact name={t("try.values")} value={pairs(turn.entities)} />
            <Fact name={t("try.memory")} value={pairs(turn.memory)} />
            <Fact name={t("try.why")} value={turn.why.join(" → ")} />
            {turn.look_up && <Fact name="" value={t("try.lookUp", { name: turn.look_up })} />}
            {turn.handover && <Fact name={turn.handover.skills.length > 0 ? t("try.asks", { skills: turn.handover.skills.join(", ") }) : ""} value={turn.handover.summary} />}
          </dl>
        </details>
      )}
    </>
  );
}

const pairs = (of: Record<string, string>) => Object.entries(of).map(([name, value]) => `${name}: ${value}`).join(", ");

function Fact({ name, value }: { name: string; value: string }) {
  if (!value) return null;
  return (
    <>
      {name && <dt>{name}</dt>}
      <dd>{value}</dd>
    </>
  );
}

/** What came now is what must come of every later version. */
function Keep({ bot, language, turns }: { bot: string; language: string; turns: Turn[] }) {
  const { t } = useTranslation("bot");
  const client = useQueryClient();
  const reason = useReason();
  const [name, call] = useState("");
  const keep = useMutation({
    mutationFn: () =>
      put<Rehearsal>("/api/admin/bot/rehearsals", {
        bot, name, language,
        steps: turns.map((one) => ({ text: one.text, intent: one.intent ?? "", hands_over: one.handover !== null, says: one.replies[0] ?? null })),
      }),
    onSuccess: () => {
      toast(t("try.kept"));
      call("");
      return client.invalidateQueries({ queryKey: [...botKey, bot, "rehearsals"] });
    },
  });
  return (
    <form
      className={look.keep}
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim()) keep.mutate();
      }}
    >
      <p className={look.hint}>{t("try.keepHint")}</p>
      <div className={look.row}>
        <label className={look.grow}>
          {t("try.name")}
          <input value={name} maxLength={80} onChange={(event) => call(event.target.value)} data-testid="test-name" />
        </label>
        <Button type="submit" disabled={!name.trim() || keep.isPending} data-testid="keep-test">
          {t("try.keep")}
        </Button>
      </div>
      <p role="alert" className={styles.error}>
        {keep.error ? reason(keep.error) : ""}
      </p>
    </form>
  );
}

function Kept({ bot }: { bot: string }) {
  const { t } = useTranslation("bot");
  const client = useQueryClient();
  const found = useRehearsals(bot);
  const remove = useMutation({
    mutationFn: (id: string) => post(`/api/admin/bot/rehearsals/${id}/remove`, {}),
    onSuccess: () => client.invalidateQueries({ queryKey: [...botKey, bot, "rehearsals"] }),
  });
  const items = found.data?.items ?? [];
  return (
    <section className={look.kept}>
      <h3>{t("try.tests")}</h3>
      {items.length === 0 && <p className={look.hint}>{t("try.noTests")}</p>}
      <ul className={look.phrases}>
        {items.map((one) => (
          <li key={one.id} data-testid="kept-test">
            <span>{one.name}</span> <small>{t("try.steps", { count: one.steps.length })}</small>
            <Button look="quiet" size="small" square icon={<X size={14} />} aria-label={t("try.removeTest", { name: one.name })} onClick={() => remove.mutate(one.id)} />
          </li>
        ))}
      </ul>
    </section>
  );
}
