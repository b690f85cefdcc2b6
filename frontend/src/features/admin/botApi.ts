import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, put } from "@/api/fetch";
import type { Language, Narrow, Schemas } from "@/api/types";
import { toast } from "@/ui/toasts";
import { useTranslation } from "react-i18next";
import { adminKey } from "./api";
import { useReason } from "./ListsSection";

export type BotVersion = Narrow<"VersionShown", { state: "draft" | "training" | "ready" | "failed" | "published" | "retired" }>;
export type BotView = Narrow<"BotShown", { draft: BotVersion | null; versions: BotVersion[] }>;
export type Sentence = Schemas["SentenceShown"];
export type Intent = Schemas["IntentShown"];
export type Talk = Schemas["TalkShown"];
export type BotFigures = Schemas["CandidateFigures"];
export type Rehearsal = Schemas["RehearsalShown"];

export const botKey = [...adminKey, "bot"] as const;

export function useBots() {
  return useQuery({ queryKey: [...adminKey, "bots"], queryFn: ({ signal }) => get<Schemas["BotsListed"]>("/api/admin/bots", signal), retry: 1 });
}

export function useBot(bot: string) {
  return useQuery({
    queryKey: [...botKey, bot],
    queryFn: ({ signal }) => get<BotView>(`/api/admin/bot?bot=${encodeURIComponent(bot)}`, signal),
    retry: 1,
    refetchOnWindowFocus: false,
    // A draft that learns is followed until it has learnt.
    refetchInterval: (query) => (query.state.data?.draft?.state === "training" ? 1000 : false),
  });
}

export function usePhrases(bot: string, intent: string, language: string) {
  return useQuery({
    queryKey: [...botKey, bot, "phrases", intent, language],
    queryFn: ({ signal }) => get<Schemas["PhrasesShown"]>(`/api/admin/bot/phrases?${new URLSearchParams({ bot, intent, language })}`, signal),
    enabled: intent !== "",
    retry: 1,
  });
}

export function useRehearsals(bot: string) {
  return useQuery({
    queryKey: [...botKey, bot, "rehearsals"],
    queryFn: ({ signal }) => get<Schemas["RehearsalsShown"]>(`/api/admin/bot/rehearsals?bot=${encodeURIComponent(bot)}`, signal),
    retry: 1,
  });
}

/** A change of the draft, kept at once. */
export function useEdit<T extends object>(what: "sentence" | "phrases", bot: string) {
  const { t } = useTranslation("bot");
  const client = useQueryClient();
  const reason = useReason();
  return useMutation({
    mutationFn: (given: T) => put<Schemas["VersionShown"]>(`/api/admin/bot/${what}`, { bot, ...given }),
    onSuccess: () => {
      toast(t("saved"));
      return client.invalidateQueries({ queryKey: botKey });
    },
    onError: (failure) => toast(t("notSaved", { reason: reason(failure) }), { bad: true }),
  });
}

/** A language that the screens have a word for; others by their code. */
export const spoken = (language: string): Language | null => (language === "fr" || language === "en" ? language : null);
