import { useMutation, useQueryClient } from "@tanstack/react-query";
import { CircleAlert, CircleCheck } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { post } from "@/api/fetch";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Empty } from "@/ui/States";
import { toast } from "@/ui/toasts";
import { botKey, type BotVersion, type BotView } from "./botApi";
import { BotFiguresTable } from "./BotFigures";
import { useReason } from "./ListsSection";
import styles from "./Admin.module.css";
import look from "./Bot.module.css";

const SHOWN = 30;

/** What the draft would change, how it compares once it has learnt, and publishing it. */
export function BotChanges({ bot }: { bot: BotView }) {
  const { t } = useTranslation("bot");
  const { sentences, added, removed } = bot.differences;
  const draft = bot.draft;
  if (!draft)
    return (
      <Empty icon={<CircleCheck size={24} />} title={t("nothing")} text={t("nothingText")} />
    );
  return (
    <>
      <Deeds bot={bot} draft={draft} />
      {sentences.length + added.length + removed.length === 0 && <p className={look.hint}>{t("nothing")}</p>}
      {sentences.map((one) => (
        <section key={`${one.name} ${one.language}`} className={look.answer} data-testid="difference">
          <h3>
            <code>{one.name}</code> <span className={look.tongue}>{one.language}</span>
          </h3>
          <dl className={look.side} lang={one.language}>
            {(["before", "after"] as const).map((side) => (
              <div key={side} className={look.language}>
                <dt className={look.tongue}>{t(side)}</dt>
                {(one[side] ?? [t("shippedWords")]).map((text) => (
                  <dd key={text} className={one[side] ? look[side] : look.hint}>
                    {text}
                  </dd>
                ))}
              </div>
            ))}
          </dl>
        </section>
      ))}
      <Phrases title={t("phrasesAdded", { count: added.length })} items={added} />
      <Phrases title={t("phrasesRemoved", { count: removed.length })} items={removed} />
      {draft.figures && <BotFiguresTable figures={draft.figures} />}
    </>
  );
}

function Phrases({ title, items }: { title: string; items: { intent: string; language: string; text: string }[] }) {
  const { t } = useTranslation("bot");
  if (items.length === 0) return null;
  return (
    <section className={look.answer}>
      <h3>{title}</h3>
      <ul className={look.phrases}>
        {items.slice(0, SHOWN).map(({ intent, language, text }) => (
          <li key={`${intent} ${language} ${text}`}>
            <span lang={language}>{text}</span>
            <small>
              {intent} · {language}
            </small>
          </li>
        ))}
      </ul>
      {items.length > SHOWN && <p className={look.hint}>{t("more", { count: items.length - SHOWN })}</p>}
    </section>
  );
}

function Deeds({ bot, draft }: { bot: BotView; draft: BotVersion }) {
  const { t } = useTranslation("bot");
  const client = useQueryClient();
  const reason = useReason();
  const [note, write] = useState("");
  const [asked, ask] = useState(false);
  const after = (said: string) => async () => {
    ask(false);
    if (said) toast(said);
    await client.invalidateQueries({ queryKey: botKey });
  };
  const train = useMutation({ mutationFn: () => post("/api/admin/bot/train", { bot: bot.bot }), onSuccess: after("") });
  const publish = useMutation({ mutationFn: () => post(`/api/admin/bot/versions/${draft.id}/publish`, { note }), onSuccess: after(t("published")) });
  const discard = useMutation({ mutationFn: () => post("/api/admin/bot/discard", { bot: bot.bot }), onSuccess: after(t("discarded")) });
  const failure = train.error ?? publish.error ?? discard.error;
  const isLearning = draft.state === "training";
  const hasLearnt = draft.state === "ready";
  const may = hasLearnt ? draft.figures?.passes === true : draft.state === "draft" && !bot.needs_learning;
  return (
    <section className={look.deedsBox}>
      {isLearning ? (
        <label className={look.progress} role="status">
          {t("training", { percent: Math.round((draft.progress ?? 0) * 100) })}
          <progress value={draft.progress ?? 0} max={1} />
        </label>
      ) : (
        <p className={look.verdict} data-testid="verdict" data-passes={may}>
          {may ? <CircleCheck size={18} aria-hidden="true" /> : <CircleAlert size={18} aria-hidden="true" />}
          {hasLearnt ? t(may ? "passes" : "worse") : draft.state === "failed" ? t("failed", { reason: draft.trouble }) : t(bot.needs_learning ? "needsLearning" : "ready")}
        </p>
      )}
      {hasLearnt && <p className={look.hint}>{t("rule")}</p>}
      <div className={look.row}>
        <label className={look.grow}>
          {t("note")}
          <input value={note} maxLength={200} onChange={(event) => write(event.target.value)} data-testid="note" />
        </label>
        {(bot.needs_learning || hasLearnt || draft.state === "failed") && (
          <Button disabled={isLearning || train.isPending} onClick={() => train.mutate()} data-testid="train">
            {t(hasLearnt || draft.state === "failed" ? "trainAgain" : "train")}
          </Button>
        )}
        <Button look="primary" disabled={!may || publish.isPending} onClick={() => publish.mutate()} data-testid="publish">
          {t("publish")}
        </Button>
        <Button look="danger" onClick={() => ask(true)} data-testid="discard">
          {t("discard")}
        </Button>
      </div>
      <p role="alert" className={styles.error}>
        {failure ? reason(failure) : ""}
      </p>
      {asked && (
        <Dialog title={t("sure")} closeLabel={t("close")} onClose={() => ask(false)}>
          <div className={look.sure}>
            <Button onClick={() => ask(false)}>{t("cancel")}</Button>
            <Button look="danger" disabled={discard.isPending} onClick={() => discard.mutate()} data-testid="discard-sure">
              {t("sureYes")}
            </Button>
          </div>
        </Dialog>
      )}
    </section>
  );
}
