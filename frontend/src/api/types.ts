/** The REST wire, as the server documents it. Times are ISO 8601 in UTC. */

export type ConversationStatus = "bot" | "queued" | "open" | "snoozed" | "closed";
export type Role = "agent" | "supervisor" | "administrator" | "observer";
export type Language = "fr" | "en";
export type Theme = "system" | "light" | "dark";
export type AuthorKind = "contact" | "bot" | "agent" | "system";
export type MessageKind = "incoming" | "outgoing" | "note" | "event";
export type PresenceState = "available" | "busy" | "break" | "offline";

export interface RowContact {
  id: string;
  name: string | null;
  address: string;
  language: string | null;
}

export interface LastMessage {
  kind: MessageKind;
  author: AuthorKind;
  preview: string;
  at: string;
}

export interface Handover {
  reason: string;
  summary: string;
}

/** A conversation as a list shows it. `revision` grows with every change: a lower one never replaces a higher one. */
export interface Row {
  id: string;
  revision: number;
  status: ConversationStatus;
  line_id: string;
  queue_id: string | null;
  owner_id: string | null;
  contact: RowContact;
  last_seq: number;
  last_message: LastMessage | null;
  /** The customer's first text that no person has answered yet. */
  waiting_since: string | null;
  opened_at: string;
  queued_at: string | null;
  closed_at: string | null;
  unread: number;
  priority: number;
  handover: Handover | null;
}

/** What has happened to an outgoing text in the world; it only moves forward. */
export type DeliveryStatus = "queued" | "sending" | "sent" | "delivered" | "failed" | "expired" | "unknown";

export interface DeliveryError {
  code: string;
  text: string;
}

export interface Delivery {
  status: DeliveryStatus;
  error: DeliveryError | null;
  parts: number;
  encoding: "gsm7" | "ucs2";
  link_id: string | null;
}

export interface Author {
  kind: AuthorKind;
  id: string | null;
  name: string | null;
}

export interface MessageEvent {
  type: string;
  [fact: string]: unknown;
}

export interface Message {
  id: string;
  seq: number;
  kind: MessageKind;
  author: Author;
  body: string;
  at: string;
  client_id: string | null;
  delivery: Delivery | null;
  event: MessageEvent | null;
}

export interface Agent {
  id: string;
  name: string;
  state: PresenceState;
  reason: string | null;
  since: string;
  load: number;
  capacity: number;
}

export interface Counts {
  mine: { open: number; unread: number };
  queue: { waiting: number; longest_since: string | null };
  all: { open: number; bot: number; queued: number };
  by_line: Record<string, { waiting: number; longest_since: string | null }>;
}

export interface Capabilities {
  medium?: string;
  longest_text?: number;
  counts_segments?: boolean;
  attachments?: boolean;
  receipts?: boolean;
}

export interface Line {
  id: string;
  name: string;
  address: string;
  medium: string;
  capabilities: Capabilities;
}

export interface Session {
  user: { id: string; name: string; email: string; role: Role; language: Language; theme: Theme };
  organisation: { id: string; name: string; time_zone: string; languages: string[]; brand: Record<string, unknown> };
  lines: Line[];
  queues: { id: string; name: string }[];
  agents: Agent[];
  presence: Agent;
  mode: "demo" | "production" | "test";
  epoch: string | number;
  head: number;
  at: string;
  csrf: string;
  phone_page: string | null;
}

export type View = "mine" | "queue" | "all";

export interface ConversationPage {
  items: Row[];
  next: string | null;
  head: number;
  epoch: string | number;
}

export interface Address {
  kind?: string;
  value: string;
}

export interface PreviousConversation {
  id: string;
  opened_at: string;
  closed_at: string | null;
  line_id: string;
  preview: string | null;
}

export interface ContactDetail {
  id: string;
  name: string | null;
  language: string | null;
  addresses: (Address | string)[];
  previous: PreviousConversation[];
}

export interface ConversationDetail {
  conversation: Row;
  contact: ContactDetail;
  head: number;
  epoch: string | number;
}

export interface MessagePage {
  items: Message[];
  has_more: boolean;
  head: number;
  epoch: string | number;
}

export interface SupervisionLive {
  at: string;
  waiting: number;
  longest_since: string | null;
  open: number;
  bot: number;
  live: number;
  queues: { id: string; name: string; waiting: number; longest_since: string | null; open: number }[];
  agents: Agent[];
  lines: { id: string; name: string; waiting: number; open: number }[];
}

export interface DemoPerson {
  email: string;
  name: string;
  role: Role;
}

export interface AdminUser {
  id: string;
  name: string;
  email: string;
  role: Role;
  language: Language;
  is_active: boolean;
}

export interface AdminLine {
  id: string;
  name: string;
  address: string;
  medium: string;
  bot: string;
  queue_id: string | null;
  language: Language;
  is_enabled: boolean;
  /** In order of preference. */
  link_ids: string[];
}

export interface LinkLive {
  state: string;
  bound: boolean;
  since: string | null;
  error: string | null;
  queued: number;
  sent: number;
  throttled: number;
}

export interface AdminLink {
  id: string;
  name: string;
  adapter: string;
  settings: Record<string, unknown>;
  is_enabled: boolean;
  has_secret: boolean;
  live: LinkLive | null;
}

export interface AuditItem {
  id?: string;
  at: string;
  actor: string | null;
  action: string;
  kind?: string;
  object: string;
  /** Field to [before, after]. */
  changes: Record<string, unknown> | null;
}
