import { AlertTriangle } from "lucide-react";
import { useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { Skeleton } from "@/ui/States";
import { useBot, useBots, type BotView } from "./botApi";
import { BotChanges } from "./BotChanges";
import { BotPhrases } from "./BotPhrases";
import { BotSentences } from "./BotSentences";
import { BotTalk } from "./BotTalk";
import { BotVersions } from "./BotVersions";
import { Broken } from "./OfEachLine";
import styles from "./Admin.module.css";
import look from "./Bot.module.css";

const TABS = ["answers", "phrases", "changes", "versions"] as const;
type Tab = (typeof TABS)[number];

/** What a bot says and understands: changed here, tried beside it, published when it is good. */
export function BotSection() {
  const { t } = useTranslation("bot");
  const bots = useBots();
  const [chosen, choose] = useState("");
  const items = bots.data?.items ?? [];
  const bot = items.find(({ name }) => name === chosen) ?? items.find(({ lines }) => lines > 0) ?? items[0];
  return (
    <>
      <header className={styles.head}>
        <div>
          <h1>{t("title")}</h1>
          <p>{t("lead")}</p>
        </div>
      </header>
      {bots.isError && <Broken again={() => void bots.refetch()} />}
      {bots.data && items.length === 0 && <p className={styles.none}>{t("noVersions")}</p>}
      {bots.isPending && <Skeleton rows={5} label={t("title")} />}
      {bot && (
        <>
          <label className={look.chooser}>
            {t("bot")}
            <select value={bot.name} onChange={(event) => choose(event.target.value)} data-testid="bot">
              {items.map((one) => (
                <option key={one.name} value={one.name}>
                  {one.name} · {t("lines", { count: one.lines })}
                </option>
              ))}
            </select>
          </label>
          <OneBot key={bot.name} name={bot.name} />
        </>
      )}
    </>
  );
}

function OneBot({ name }: { name: string }) {
  const { t } = useTranslation("bot");
  const found = useBot(name);
  if (found.isError && !found.data) return <Broken again={() => void found.refetch()} />;
  if (!found.data) return <Skeleton rows={8} label={t("title")} />;
  return <Workshop bot={found.data} />;
}

function Workshop({ bot }: { bot: BotView }) {
  const { t } = useTranslation("bot");
  const [tab, open] = useState<Tab>("answers");
  const { sentences, added, removed } = bot.differences;
  const count = sentences.length + added.length + removed.length;
  const move = (event: KeyboardEvent) => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0) return;
    const next = TABS[(TABS.indexOf(tab) + step + TABS.length) % TABS.length] ?? tab;
    open(next);
    document.getElementById(`bot-tab-${next}`)?.focus();
  };
  return (
    <>
      <p className={look.now}>
        {t("talks")} <strong data-testid="talks">{bot.published ? t("version", { number: bot.published }) : t("asShipped")}</strong>
      </p>
      {bot.trouble && (
        <p className={look.trouble} role="alert">
          <AlertTriangle size={16} aria-hidden="true" /> {t("trouble", { trouble: bot.trouble })}
        </p>
      )}
      <div className={look.bench}>
        <div className={look.work}>
          <div role="tablist" aria-label={t("title")} className={look.tabs} onKeyDown={move}>
            {TABS.map((one) => (
              <button key={one} type="button" role="tab" id={`bot-tab-${one}`} aria-selected={one === tab} aria-controls="bot-panel" tabIndex={one === tab ? 0 : -1} onClick={() => open(one)} data-testid={`tab-${one}`}>
                {t(`tabs.${one}`)}
                {one === "changes" && count > 0 && <span className={look.count}>{count}</span>}
              </button>
            ))}
          </div>
          <div role="tabpanel" id="bot-panel" aria-labelledby={`bot-tab-${tab}`}>
            {tab === "answers" && <BotSentences bot={bot} />}
            {tab === "phrases" && <BotPhrases bot={bot} />}
            {tab === "changes" && <BotChanges bot={bot} />}
            {tab === "versions" && <BotVersions bot={bot} />}
          </div>
        </div>
        <BotTalk bot={bot} />
      </div>
    </>
  );
}
