import { useQuery, type QueryClient } from "@tanstack/react-query";
import { get } from "./fetch";
import type { Agent, Counts, Line, Session } from "./types";

export const sessionKey = ["session"] as const;
export const countsKey = ["counts"] as const;

export function useSessionQuery() {
  return useQuery({
    queryKey: sessionKey,
    queryFn: ({ signal }) => get<Session>("/api/session", signal),
    staleTime: Infinity,
    retry: false,
  });
}

/** For screens below the signed-in frame, where the session is always there. */
export function useSession(): Session {
  const { data } = useSessionQuery();
  if (!data) throw new Error("useSession outside of the signed-in frame");
  return data;
}

export function useCounts(): Counts | undefined {
  return useQuery({ queryKey: countsKey, queryFn: ({ signal }) => get<Counts>("/api/counts", signal), staleTime: Infinity })
    .data;
}

/** Observers look and touch nothing; texts and names do not reach them at all. */
export const isObserver = (session: Session): boolean => session.user.role === "observer";

/**
 * Whom conversations are given to: agents, and who was one and has not gone offline since. A state and a load mean
 * nothing for the others, who oversee or look. (An agent who has never declared a state has no capacity yet.)
 */
export const receivesWork = ({ user, presence }: Session): boolean => user.role === "agent" || presence.state !== "offline";

export function findLine(session: Session, lineId: string): Line | undefined {
  return session.lines.find((line) => line.id === lineId);
}

export function findAgent(session: Session, agentId: string | null): Agent | undefined {
  return agentId === null ? undefined : session.agents.find((agent) => agent.id === agentId);
}

/** Replaces one agent in the session; the newest state is decided by the caller. */
export function setAgent(client: QueryClient, agent: Agent): void {
  client.setQueryData<Session>(sessionKey, (session) => {
    if (!session) return session;
    const known = session.agents.some((one) => one.id === agent.id);
    return {
      ...session,
      agents: known ? session.agents.map((one) => (one.id === agent.id ? agent : one)) : [...session.agents, agent],
      presence: session.user.id === agent.id ? agent : session.presence,
    };
  });
}
