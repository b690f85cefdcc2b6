import { useQuery, type QueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { get } from "./fetch";
import { Recent } from "./recent";
import type { Agent, Counts, Line, Session } from "./types";

export const sessionKey = ["session"] as const;
export const countsKey = ["counts"] as const;

/** What the stream said of agents and figures while an answer travelled: it is the newer of the two. */
const recentAgents = new Recent<Agent>(500);
const recentCounts = new Recent<Counts>(1);
/** The event each agent's state was last taken from: what is replayed is older than the state that it meets. */
const agentSeq = new Map<string, number>();

export async function fetchSession(signal?: AbortSignal): Promise<Session> {
  const mark = recentAgents.mark();
  const session = await get<Session>("/api/session", signal);
  return recentAgents.since(mark).reduce(withAgent, session);
}

/** A screen starts afresh from this session: nothing heard before it counts any more. */
export function startAfresh(client: QueryClient, session: Session): void {
  agentSeq.clear();
  client.setQueryData<Session>(sessionKey, session);
}

/** Whoever signs in next has not heard it. */
export function forgetHeard(): void {
  agentSeq.clear();
  recentAgents.clear();
  recentCounts.clear();
}

export function useSessionQuery() {
  return useQuery({
    queryKey: sessionKey,
    queryFn: ({ signal }) => fetchSession(signal),
    staleTime: Infinity,
    retry: false,
  });
}

/** For screens below the signed-in frame, where the session is always there. */
export function useSession(): Session {
  const { data } = useSessionQuery();
  // A session ends in the cache before the gate has heard of it: what is drawn again in between still has the last one.
  const held = useRef<Session>(undefined);
  const session = data ?? held.current;
  if (!session) throw new Error("useSession outside of the signed-in frame");
  useEffect(() => {
    held.current = session;
  }, [session]);
  return session;
}

/** Who may watch the links at work: "links.watch" of the server's table. */
export function useWatchesLinks(): boolean {
  const role = useSessionQuery().data?.user.role;
  return role === "supervisor" || role === "administrator";
}

/** Who may plan how many agents there are: "staffing.plan" of the server's table. */
export const usePlansStaffing = useWatchesLinks;

async function fetchCounts(signal: AbortSignal): Promise<Counts> {
  const mark = recentCounts.mark();
  const counts = await get<Counts>("/api/counts", signal);
  return recentCounts.since(mark).at(-1) ?? counts;
}

export function useCounts(): Counts | undefined {
  return useQuery({ queryKey: countsKey, queryFn: ({ signal }) => fetchCounts(signal), staleTime: Infinity }).data;
}

export function setCounts(client: QueryClient, counts: Counts): void {
  recentCounts.add(counts);
  client.setQueryData(countsKey, counts);
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

function withAgent(session: Session, agent: Agent): Session {
  const known = session.agents.some((one) => one.id === agent.id);
  return {
    ...session,
    agents: known ? session.agents.map((one) => (one.id === agent.id ? agent : one)) : [...session.agents, agent],
    presence: session.user.id === agent.id ? agent : session.presence,
  };
}

/** The newest event that said something of this person: what he asked for before it may be answered with older news. */
export const heardOfMe = (client: QueryClient): number => agentSeq.get(client.getQueryData<Session>(sessionKey)?.user.id ?? "") ?? 0;

/** An answer about this person, unless the stream has said something newer of him since `heard`; then that stands. */
export function answeredOfMe(client: QueryClient, agent: Agent, heard: number): void {
  if (heardOfMe(client) === heard) setAgent(client, agent);
}

/** Replaces one agent in the session. `seq`: the event that says so; an older one changes nothing. */
export function setAgent(client: QueryClient, agent: Agent, seq?: number): void {
  if (seq !== undefined) {
    if ((agentSeq.get(agent.id) ?? 0) > seq) return;
    agentSeq.set(agent.id, seq);
  }
  recentAgents.add(agent);
  client.setQueryData<Session>(sessionKey, (session) => session && withAgent(session, agent));
}
