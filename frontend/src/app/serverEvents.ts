/**
 * Every event of the server, one line each: which feature's cache it changes. The compiler refuses this file while an
 * event type that the server can send is missing from the switch.
 */
import type { QueryClient } from "@tanstack/react-query";
import { sessionKey, setAgent } from "@/api/session";
import type { Row, Session } from "@/api/types";
import { callsChanged, callsFollow } from "@/features/calls/api";
import { settingsChanged } from "@/features/admin/events";
import { peopleKey, personChanged } from "@/features/contact/api";
import { conversationRowsChanged, deliveriesProgressed, messageAdded } from "@/features/conversation/events";
import { draftsChanged } from "@/features/conversation/draftSync";
import { repliesChanged, scheduledChanged } from "@/features/conversation/repliesApi";
import { consultsChanged, offerEndedAt } from "@/features/conversation/transferApi";
import { bulkProgressed, countsChanged, listsOverflowed, rowsChanged, viewsChanged } from "@/features/conversationList/events";
import { offersChanged } from "@/features/offers/api";
import { wrapUpsChanged } from "@/features/presence/api";
import type { ServerEvent, SettingsChanged } from "@/realtime/events.gen";
import type { Batch } from "@/realtime/stream";

export { countsChanged };

export interface Screen {
  /** The conversation on screen. */
  shown: string | null;
  /** A customer's text arrived in a conversation of this agent. */
  arrived: (row: Row, text: string) => void;
}

function applyOne(client: QueryClient, event: ServerEvent, screen: Screen & { me: string }): void {
  switch (event.type) {
    case "message.received":
    case "message.completed":
      messageAdded(client, event, event.conversation.id, event.message);
      screen.arrived(event.conversation, event.message.body);
      return;
    case "message.added":
      messageAdded(client, event, event.conversation.id, event.message);
      return;
    case "conversation.queued":
    case "conversation.assigned":
    case "conversation.returned":
    case "conversation.snoozed":
    case "conversation.closed":
      if (event.message) messageAdded(client, event, event.conversation.id, event.message);
      return;
    case "conversation.disposed":
    case "conversation.read":
    case "targets.set":
    case "targets.told":
      return; // Their rows say it all, and rows are applied below.
    case "draft.changed":
      if (event.agent.id === screen.me) draftsChanged();
      return;
    case "scheduled_reply.changed":
      scheduledChanged(client, event.conversation.id);
      return;
    case "conversation.tagged":
    case "person.changed":
      personChanged(client, event.conversation.id);
      return;
    case "deliveries.progressed":
      deliveriesProgressed(client, event);
      return;
    case "agent.state_changed":
      setAgent(client, event.agent, event.seq);
      if (event.agent.id === screen.me) wrapUpsChanged(client);
      return;
    case "agent.called":
      if (event.agent.id === screen.me) callsChanged(client);
      return;
    case "offer.made":
    case "offer.ended":
      setAgent(client, event.agent, event.seq);
      // What it is about only he may ask whom it is for.
      if (event.agent.id === screen.me) offersChanged(client);
      if (event.type === "offer.ended") offerEndedAt(client, event.agent.id);
      return;
    case "consult.changed":
      setAgent(client, event.agent, event.seq);
      if (event.agent.id === screen.me) consultsChanged(client);
      return;
    case "settings.changed":
      settingsChanged(client);
      if (event.kind === "bulk" && event.object_id === screen.me) bulkProgressed(client);
      if (event.kind === undefined || ON_VIEWS.has(event.kind) || event.object_id === screen.me) viewsChanged(client);
      if (event.kind === "canned_reply") repliesChanged(client);
      if (event.kind === "tag" || event.kind === "attribute" || event.kind === "contact") void client.invalidateQueries({ queryKey: peopleKey });
      if (isInSession(event, screen.me)) void client.invalidateQueries({ queryKey: sessionKey });
      return;
    default:
      unhandled(event);
  }
}

/** Settings of which the session holds nothing: each cell of the skills table is an event, for every desk. */
const ELSEWHERE = new Set(["agent", "bulk", "desk", "view", "list", "attribute", "contact", "portability", "targets", "schedule", "canned_reply", "drafts"]);

/** An older server does not say what changed. What an agent can do decides which queues are his own. */
const isInSession = ({ kind, object_id }: SettingsChanged, me: string) => kind === undefined || !ELSEWHERE.has(kind) || ((kind === "agent" || kind === "desk") && object_id === me);

/** What saved views name, and are. */
const ON_VIEWS = new Set(["view", "tag", "line", "queue", "team", "user"]);

/** An older page against a newer server: what it does not know, its next refetch will show. */
function unhandled(_event: never): void {}

export function applyBatch(client: QueryClient, batch: Batch, screen: Screen): void {
  const me = client.getQueryData<Session>(sessionKey)?.user.id ?? "";
  for (const event of batch.events) applyOne(client, event, { ...screen, me });
  const rows = [...batch.events.flatMap((event) => ("conversation" in event && event.conversation ? [event.conversation] : [])), ...batch.rows];
  rowsChanged(client, rows, me);
  callsFollow(client, rows, me);
  conversationRowsChanged(client, rows, screen.shown);
  if (batch.overflow) listsOverflowed(client);
}
