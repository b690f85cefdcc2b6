/** What the stream does to the threads. */
import type { QueryClient } from "@tanstack/react-query";
import { detailKey, mergeRowIntoDetail } from "@/api/detail";
import type { ConversationDetail, Message, Row } from "@/api/types";
import type { ServerEvent } from "@/realtime/events.gen";
import { recentEvents, settleOutbox, threadKey, threadsKey } from "./api";
import { scheduledChanged } from "./repliesApi";
import { transfersChanged } from "./transferApi";
import { applyEvent, hasHole, type Thread } from "./threadState";

/** A message was added: fold it into its thread, and let go of the text that waited for it. */
export function messageAdded(client: QueryClient, event: ServerEvent, conversationId: string, message: Message): void {
  recentEvents.add(event);
  client.setQueryData<Thread>(threadKey(conversationId), (thread) => thread && applyEvent(thread, event, conversationId));
  settleOutbox([message]);
  // A text that leaves only if nobody has written stays from now on.
  if (message.kind === "incoming") scheduledChanged(client, conversationId);
  if (message.event?.type.startsWith("transfer")) transfersChanged(client);
  // Who may be texted is told by the conversation's detail.
  if (message.event?.type === "opt_out" || message.event?.type === "opt_in")
    void client.invalidateQueries({ queryKey: detailKey(conversationId) });
}

export function deliveriesProgressed(client: QueryClient, event: ServerEvent & { type: "deliveries.progressed" }): void {
  recentEvents.add(event);
  for (const id of new Set(event.deliveries.map((one) => one.conversation_id))) {
    client.setQueryData<Thread>(threadKey(id), (thread) => thread && applyEvent(thread, event, id));
  }
}

/** The row knows the highest number of its conversation: a thread on screen that lacks it asks for the rest. */
export function conversationRowsChanged(client: QueryClient, rows: Row[], shown: string | null): void {
  for (const row of rows) {
    mergeRowIntoDetail(client, row);
    if (row.id !== shown) continue;
    const thread = client.getQueryData<Thread>(threadKey(row.id));
    if (thread && hasHole(thread, row.last_seq)) void client.invalidateQueries({ queryKey: threadKey(row.id) });
  }
}

/** Name of the person a conversation is with, for what is read aloud. */
export function contactName(client: QueryClient, id: string): string {
  const contact = client.getQueryData<ConversationDetail>(detailKey(id))?.conversation.contact;
  return contact?.name ?? contact?.address ?? "";
}

export { threadsKey };
