// The events a browser can receive. One member per type, so that a switch over `type` is checked for completeness.
import type { Agent, DeliveryError, DeliveryStatus, Message, Row } from "@/api/types";

export interface DeliveryProgress {
  conversation_id: string;
  message_id: string;
  seq: number;
  status: DeliveryStatus;
  error: DeliveryError | null;
}

interface Stamp {
  seq: number;
  at: string;
}

export type MessageReceived = Stamp & { type: "message.received"; conversation: Row; message: Message };
export type MessageAdded = Stamp & { type: "message.added"; conversation: Row; message: Message };
export type ConversationQueued = Stamp & { type: "conversation.queued"; conversation: Row; message?: Message };
export type ConversationAssigned = Stamp & { type: "conversation.assigned"; conversation: Row; message?: Message };
export type ConversationReturned = Stamp & { type: "conversation.returned"; conversation: Row; message?: Message };
export type ConversationClosed = Stamp & { type: "conversation.closed"; conversation: Row; message?: Message };
export type ConversationRead = Stamp & { type: "conversation.read"; conversation: Row };
export type DeliveriesProgressed = Stamp & { type: "deliveries.progressed"; deliveries: DeliveryProgress[] };
export type AgentStateChanged = Stamp & { type: "agent.state_changed"; agent: Agent };
export type SettingsChanged = Stamp & { type: "settings.changed" };

export type ServerEvent =
  | MessageReceived
  | MessageAdded
  | ConversationQueued
  | ConversationAssigned
  | ConversationReturned
  | ConversationClosed
  | ConversationRead
  | DeliveriesProgressed
  | AgentStateChanged
  | SettingsChanged;
