import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { get, post } from "@/api/fetch";
import type { Schemas } from "@/api/types";
import { Button } from "@/ui/Button";
import { Empty, Skeleton } from "@/ui/States";
import { toast } from "@/ui/toasts";
import { GraduationCap } from "lucide-react";
import { useTable } from "./api";
import { botKey, spoken, useBots } from "./botApi";
import { LearningOver } from "./LearningOver";
import { LearningTurn, type TurnListed } from "./LearningTurn";
import { useReason } from "./ListsSection";
import { Broken } from "./OfEachLine";
import styles from "./Admin.module.css";
import look from "./Bot.module.css";

const SHOWS = ["review", "sample", "labelled", "all"] as const;
const REASONS = ["unsure", "asked", "rule", "failed"] as const;
const NONE = { show: "review", language: "", line_id: "", intent: "", reason: "", day: "" };
type Asked = typeof NONE;

/** What a bot was not sure of, newest first: what it meant is said here, and taught to the draft. */
export function LearningSection() {
  const { t } = useTranslation("learning");
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
      {bots.isPending && <Skeleton rows={5} label={t("title")} />}
      {bots.data && items.length === 0 && <p className={styles.none}>{t("none")}</p>}
      {bot && (
        <>
          <label className={look.chooser}>
            {t("bot")}
            <select value={bot.name} onChange={(event) => choose(event.target.value)} data-testid="learning-bot">
              {items.map(({ name }) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
          <Review key={bot.name} bot={bot.name} />
          <LearningOver bot={bot.name} />
        </>
      )}
    </>
  );
}

function Review({ bot }: { bot: string }) {
  const { t } = useTranslation("learning");
  const client = useQueryClient();
  const reason = useReason();
  const lines = useTable("lines").data?.items ?? [];
  const [asked, ask] = useState<Asked>(NONE);
  const [pages, turn] = useState<string[]>([]);
  const [picked, pick] = useState<ReadonlySet<string>>(new Set());
  const [meant, mean] = useState("");
  const before = pages.at(-1) ?? "";
  const given = Object.entries({ bot, ...asked, before }).filter(([, value]) => value !== "");
  const found = useQuery({
    queryKey: [...botKey, bot, "turns", asked, before],
    queryFn: ({ signal }) => get<Schemas["TurnsListed"]>(`/api/admin/bot/turns?${new URLSearchParams(given)}`, signal),
    retry: 1,
    refetchOnWindowFocus: false,
  });
  const label = useMutation({
    mutationFn: (said: { turn_ids: string[]; intent: string; phrase?: string }) => post<Schemas["Labelled"]>("/api/admin/bot/labels", said),
    onSuccess: ({ labelled }) => {
      toast(t("done", { count: labelled }));
      pick(new Set());
      return client.invalidateQueries({ queryKey: [...botKey, bot] });
    },
    onError: (failure) => toast(reason(failure), { bad: true }),
  });
  const set = (name: keyof Asked, value: string) => {
    ask({ ...asked, [name]: value });
    turn([]);
    pick(new Set());
  };
  const items = found.data?.items ?? [];
  const intents = found.data?.intents ?? [];
  const move = (from: number, to: number) => {
    const next = items[to];
    if (next && from !== to) document.getElementById(`turn-${next.id}`)?.focus();
  };
  const toggle = (one: TurnListed) => {
    const now = new Set(picked);
    if (!now.delete(one.id)) now.add(one.id);
    pick(now);
  };
  return (
    <section aria-label={t("show")}>
      <div className={look.row}>
        <Choice name={t("show")} value={asked.show} test="show" onChoose={(to) => set("show", to)} options={SHOWS.map((one) => [one, t(`shows.${one}`)])} />
        <Choice name={t("language")} value={asked.language} onChoose={(to) => set("language", to)} options={[["", t("any")], ...(["fr", "en"] as const).map((one): [string, string] => [one, t(`languages.${one}`)])]} />
        <Choice name={t("line")} value={asked.line_id} onChoose={(to) => set("line_id", to)} options={[["", t("any")], ...lines.map((one): [string, string] => [one.id, `${one.address} · ${one.name}`])]} />
        <Choice name={t("intent")} value={asked.intent} onChoose={(to) => set("intent", to)} options={[["", t("any")], ...intents.map((one): [string, string] => [one, one])]} />
        <Choice name={t("reason")} value={asked.reason} onChoose={(to) => set("reason", to)} options={[["", t("any")], ...REASONS.map((one): [string, string] => [one, t(`reasons.${one}`)])]} />
        <label>
          {t("day")}
          <input type="date" value={asked.day} onChange={(event) => set("day", event.target.value)} />
        </label>
      </div>
      {found.isError && <Broken again={() => void found.refetch()} />}
      {found.isPending && <Skeleton rows={6} label={t("show")} />}
      {found.data && items.length === 0 && <Empty icon={<GraduationCap size={24} />} title={t("none")} text={t("noneText")} />}
      {items.length > 0 && (
        <>
          <p className={look.hint}>{t("keys")}</p>
          <div className={look.row}>
            <Button size="small" onClick={() => pick(new Set(items.map(({ id }) => id)))} data-testid="select-all">
              {t("selectAll")}
            </Button>
            {picked.size > 0 && (
              <>
                <span role="status">{t("selected", { count: picked.size })}</span>
                <Choice name={t("meant")} value={meant} test="meant-all" onChoose={mean} options={[["", t("choose")], ...intents.map((one): [string, string] => [one, one])]} />
                <Button size="small" look="primary" disabled={!meant || label.isPending} onClick={() => label.mutate({ turn_ids: [...picked], intent: meant })} data-testid="label-all">
                  {t("labelAll")}
                </Button>
              </>
            )}
          </div>
          <ul className={look.turns}>
            {items.map((one, place) => (
              <LearningTurn
                key={one.id} turn={one} intents={intents} picked={picked.has(one.id)} known={spoken(one.language)} onPick={() => toggle(one)}
                onLabel={(intent, phrase) => label.mutate({ turn_ids: [one.id], intent, ...(phrase !== undefined ? { phrase } : {}) })}
                onMove={(step) => move(place, Math.min(items.length - 1, Math.max(0, place + step)))}
              />
            ))}
          </ul>
          {found.data?.has_more && (
            <Button onClick={() => turn([...pages, items.at(-1)?.id ?? ""])} data-testid="more-turns">
              {t("more")}
            </Button>
          )}
        </>
      )}
    </section>
  );
}

function Choice({ name, value, options, onChoose, test }: { name: string; value: string; options: [string, string][]; onChoose: (to: string) => void; test?: string }) {
  return (
    <label>
      {name}
      <select value={value} onChange={(event) => onChoose(event.target.value)} data-testid={test}>
        {options.map(([key, words]) => (
          <option key={key} value={key}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}
