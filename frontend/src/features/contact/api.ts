import { useMutation, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { detailKey } from "@/api/detail";
import { ApiError, get, patch, post, put, remove } from "@/api/fetch";
import type { Schemas } from "@/api/types";

export type Person = Schemas["PersonPanel"];
export type PersonField = Person["fields"][number];
export type Alike = Schemas["AlikeView"];
type Change = Schemas["PersonChange"];

export const peopleKey = ["person"] as const;
const personKey = (id: string) => [...peopleKey, id] as const;

export function usePerson(id: string | null) {
  return useQuery({
    queryKey: personKey(id ?? "none"),
    queryFn: ({ signal }) => get<Person>(`/api/people/${id}`, signal),
    enabled: id !== null,
    staleTime: 30_000,
  });
}

/** Something is known otherwise of the person of a conversation: also that he is one with somebody, or no more. */
export function personChanged(client: QueryClient, conversationId: string): void {
  void client.invalidateQueries({ queryKey: detailKey(conversationId) });
  void client.invalidateQueries({ queryKey: peopleKey });
}

/** What can be done about a person. Each answers with the person as he is known then. */
export type Deed =
  | { do: "change"; given: Change }
  | { do: "note"; body: string }
  | { do: "editNote"; id: string; body: string }
  | { do: "block"; reason: string; until: string | null }
  | { do: "unblock" }
  | { do: "merge"; given: Schemas["MergeGiven"] }
  | { do: "split"; merge_id: string };

function send(path: string, deed: Deed): Promise<Person> {
  switch (deed.do) {
    case "change":
      return patch<Person>(path, deed.given);
    case "note":
      return post<Person>(`${path}/notes`, { body: deed.body });
    case "editNote":
      return put<Person>(`${path}/notes/${deed.id}`, { body: deed.body });
    case "block":
      return put<Person>(`${path}/block`, { reason: deed.reason, until: deed.until });
    case "unblock":
      return remove<Person>(`${path}/block`);
    case "merge":
      return post<Person>(`${path}/merge`, deed.given);
    case "split":
      return post<Person>(`${path}/split`, { merge_id: deed.merge_id });
  }
}

export function usePersonDeed(id: string, conversationId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (deed: Deed) => send(`/api/people/${id}`, deed),
    onSuccess: (person, deed) => {
      client.setQueryData(personKey(id), person);
      // His own desk shows it at once; the others hear of it.
      if (deed.do === "change") void client.invalidateQueries({ queryKey: detailKey(conversationId) });
      else personChanged(client, conversationId);
    },
  });
}

export function useAlike(id: string) {
  return useQuery({ queryKey: [...peopleKey, id, "alike"], queryFn: ({ signal }) => get<{ items: Alike[] }>(`/api/people/${id}/alike`, signal) });
}

/** The server's words for what is wrong, of a field or of the whole. "": it was not reached. */
export function whyNot(failure: Error | null): string {
  if (!(failure instanceof ApiError) || failure.status === 0) return "";
  return Object.values(failure.fields)[0] ?? failure.message;
}
