import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get } from "@/api/fetch";
import type { Narrow, Schemas } from "@/api/types";
import { adminKey } from "./api";

export type ArticleState = "draft" | "submitted" | "approved" | "refused" | "withdrawn";
export type ArticleVersion = Narrow<"VersionView", { state: ArticleState }>;
export type ArticleRow = Narrow<"ArticleRow", { languages: (Omit<Schemas["LanguageView"], "work"> & { work: ArticleState | null })[] }>;
export type Article = Omit<Schemas["ArticleView"], "versions"> & { versions: ArticleVersion[] };
export type KnowledgeSettings = Schemas["SettingsView"];
export type ArticlesTried = Schemas["ArticlesTried"];

export const knowledgeKey = [...adminKey, "knowledge"] as const;
export const LANGUAGES = ["fr", "en"] as const;
export type ArticleLanguage = (typeof LANGUAGES)[number];

export function useArticles() {
  return useQuery({
    queryKey: knowledgeKey,
    queryFn: ({ signal }) => get<{ items: ArticleRow[]; settings: KnowledgeSettings }>("/api/admin/knowledge", signal),
    retry: 1,
  });
}

export function useArticle(id: string) {
  return useQuery({
    queryKey: [...knowledgeKey, id],
    queryFn: ({ signal }) => get<Article>(`/api/admin/knowledge/${id}`, signal),
    // Not asked again under somebody's hands.
    refetchOnWindowFocus: false,
    retry: 1,
  });
}

/** One deed on an article, whose answer is the article as it is then. */
export function useDeed<Given>(act: (given: Given) => Promise<Article>, onDone?: (made: Article) => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: async (made) => {
      client.setQueryData([...knowledgeKey, made.id], made);
      await client.invalidateQueries({ queryKey: knowledgeKey, exact: true });
      onDone?.(made);
    },
  });
}
