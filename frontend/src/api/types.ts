/**
 * The REST wire. Shapes come generated from the server's OpenAPI description (`npm run gen`); here the words that a
 * field may hold are narrowed, and what the description leaves open is written down. Times are ISO 8601 in UTC.
 */
import type { AgentStateName, Disposition, Reason, SessionQueue } from "./routing";
import type { components } from "./schema.gen";

export type Schemas = components["schemas"];

/** A generated shape with some fields narrowed. A field that the server has renamed does not compile here. */
export type Narrow<K extends keyof Schemas, N extends { [F in keyof N]: F extends keyof Schemas[K] ? unknown : never }> = Omit<
  Schemas[K],
  keyof N
> &
  N;

export type ConversationStatus = "bot" | "queued" | "open" | "snoozed" | "closed";
export type Role = "agent" | "supervisor" | "administrator" | "observer";
export type Language = "fr" | "en";
export type Theme = "system" | "light" | "dark" | "contrast";
export type Density = "roomy" | "compact";
export type AuthorKind = "contact" | "bot" | "agent" | "system";
export type MessageKind = "incoming" | "outgoing" | "note" | "event";
/** The last three of them are set by the product alone. */
export type PresenceState = AgentStateName;
export type Saver = "ask" | "always" | "never";
export type FailOver = "never" | "after" | "at_once";
export type View = "mine" | "snoozed" | "queue" | "all";

/** What has happened to an outgoing text in the world; it only moves forward. */
export type DeliveryStatus = "queued" | "sending" | "sent" | "delivered" | "failed" | "expired" | "unknown";

export type LastMessage = Narrow<"LastMessage", { kind: MessageKind; author: AuthorKind }>;

/** A conversation as a list shows it. `revision` grows with every change: a lower one never replaces a higher one. */
export type Row = Narrow<"Row", { status: ConversationStatus; last_message: LastMessage | null; deadline: NextDeadline | null }> & { disposition_id?: string | null };

export type DeliveryError = Schemas["DeliveryError"];
export type Delivery = Narrow<"DeliveryView", { status: DeliveryStatus; encoding: "gsm7" | "latin1" | "ucs2" }>;
export type Author = Narrow<"AuthorView", { kind: AuthorKind }>;
export type MessageEvent = { type: string; [fact: string]: unknown };
export type Message = Narrow<
  "MessageView",
  { kind: MessageKind; author: Author; delivery: Delivery | null; event: MessageEvent | null }
>;
export type SetBy = "self" | "supervisor" | "missed" | "wrap_up" | "idle" | "disconnect";
export type Agent = Narrow<"AgentView", { state: PresenceState; set_by: SetBy }>;
/** What an agent was; `until` null: what he is. */
export type AgentPast = Narrow<"StateView", { state: PresenceState }>;

export type ConversationPage = Narrow<"ConversationPage", { items: Row[] }>;
export type MessagePage = Narrow<"MessagePage", { items: Message[] }>;
export type ConversationDetail = Narrow<"ConversationDetail", { conversation: Row }>;
export type ContactDetail = Schemas["PersonView"];

export type CheckedNumber = Schemas["CheckedView"];
export type CheckedNumbers = Schemas["CheckView"];
export type SentTo = Narrow<"RecipientView", { state: "sent" | "refused" | "pending" }>;
export type NewTextResult = Narrow<"NewTextView", { items: SentTo[] }>;
export type LookUp = Schemas["LookUpShown"];
export type LookUps = Schemas["LookUpsShown"];
export type LookUpSource = Schemas["LookUpSourceShown"];
export type LookUpParameter = Schemas["LookUpParameterShown"];
export type LookUpColumn = Schemas["LookUpColumnShown"];
export type TriedLookUp = Schemas["LookUpTriedShown"];
export type TriedSource = Schemas["LookUpSourceTriedShown"];
export type ApiToken = Schemas["TokenShown"];
export type MadeToken = Schemas["TokenMade"];

export type DemoPerson = Narrow<"DemoPerson", { role: Role }>;
export type AdminUser = Narrow<"PersonListed", { role: Role; language: Language }>;
export type MadeUser = Schemas["PersonMade"];
export type AdminTeam = Schemas["TeamShown"];
export type AdminAccount = Schemas["AccountShown"];
export type SecurityRules = Narrow<"AccountRulesView", { factor_roles: Role[] }>;
export type PeopleTaken = Schemas["PeopleTaken"];
export type AdminLine = Narrow<"LineShown", { language: Language; saver: Saver; failover: FailOver }>;
export type LinkLive = Narrow<"LinkLive", { since: string | null }>;
export type AdminLink = Narrow<"LinkShown", { live: LinkLive }>;
export type LiveLink = Schemas["LinkAtWork"];
export type LiveLinks = Schemas["LinksAtWork"];
export type LinkTest = Schemas["LinkTestShown"];
export type LinkDeed = Schemas["DeedGiven"]["deed"];
export type WrongNumbersTable = Schemas["WrongNumbersShown"];
export type HistoryState = "received" | "pending" | "delivered" | "failed";
export type HistoryRow = Narrow<"HistoryRow", { direction: "in" | "out"; state: HistoryState }>;
export type HistoryPage = Narrow<"HistoryPage", { items: HistoryRow[] }>;
export type HistoryTotal = Schemas["HistoryTotal"];
export type HistoryExport = Narrow<"ExportView", { form: "csv" | "xlsx" }>;
export type Staffing = Schemas["Staffing"];
export type StaffingRow = Schemas["StaffingRow"];
export type Traffic = Schemas["Traffic"];
export type TrafficFlow = Schemas["Flow"];
export type DeliveryDetails = NonNullable<Schemas["DetailsShown"]["delivery"]>;
export type MediaKept = Schemas["MediaKept"];
export type Imported = Schemas["ImportedShown"];
export type PortedTable = Schemas["TableShown"];
export type NumberingPlan = Schemas["PlanShown"];
export type Health = Schemas["HealthShown"];
export type HealthCheck = Schemas["CheckShown"];
export type OptOut = Schemas["OptOutView"];
export type SaidOfNumber = Schemas["SaidView"];
export type LineKeywords = Schemas["KeywordsView"];
export type NumberList = Schemas["ListShown"];
export type ListUpload = Narrow<"UploadView", { state: "receiving" | "working" | "done" | "failed" }>;
export type Tag = Schemas["TagShown"];
export type AttributeType = "text" | "number" | "date" | "choice" | "boolean";
export type Attribute = Narrow<"AttributeShown", { type: AttributeType }>;
export type KnownPerson = Schemas["PersonKnown"];
export type FilterOutcome = "admit" | "queue" | "answer" | "bot";
export type FilterKind = "in_list" | "not_in_list" | "tag" | "attribute" | "language" | "hours" | "keyword";
export type FilterCompare = "is" | "is_not" | "less" | "more" | "set" | "unset";
export type FilterWay = Narrow<"WayShown", { outcome: FilterOutcome }>;
export type FilterCheck = Narrow<"FilterCheckShown", { kind: FilterKind; compare: FilterCompare; way: FilterWay }>;
export type FrontFilter = Narrow<"FilterShown", { way: FilterWay; checks: FilterCheck[] }>;
export type TriedNumber = Narrow<"TriedShown", { way: FilterWay }>;
export type RuleKind = FilterKind | "intent" | "skill" | "entity" | "confidence" | "time";
export type RuleCondition = Narrow<"RuleConditionShown", { kind: RuleKind; compare: FilterCompare }>;
export type LineRule = Narrow<"RuleShown", { conditions: RuleCondition[] }>;
export type LineRules = Narrow<"WorkflowShown", { rules: LineRule[] }>;
export type RuleVerdict = "taken" | "later" | "failed" | "off" | "queue_off";
export type TriedRule = Narrow<"RuleTried", { verdict: RuleVerdict }>;
type FilteredFirst = Narrow<"FilteredFirst", { outcome: FilterOutcome }>;
export type TriedText = Narrow<"TextTried", { rules: TriedRule[]; filtered: FilteredFirst | null }>;
export type FilterDay = Narrow<"DayCount", { outcome: FilterOutcome }>;
export type FilterDays = Narrow<"DaysShown", { items: FilterDay[] }>;
export type FilteredLine = Narrow<"FilteredLine", { counts: Narrow<"CameCount", { outcome: FilterOutcome }>[] }>;
export type TargetsReport = Narrow<"TargetsReport", { items: Narrow<"TargetReport", { kind: "first" | "next" | "resolution" }>[] }>;
export type FilterPassage = Narrow<"PassageView", { outcome: FilterOutcome }>;
export type FilterPassages = Narrow<"PassagesShown", { items: FilterPassage[] }>;
export type Schedules = Schemas["SchedulesView"];
export type Schedule = Schemas["ScheduleView"];
export type Holiday = Schemas["HolidayView"];
export type AfterHoursText = Schemas["AfterHoursView"];
export type Targets = Schemas["TargetsView"];
export type NextDeadline = Narrow<"NextDeadline", { kind: "first" | "next" | "resolution" }>;
export type AuditItem = Schemas["AuditLine"];

export interface Counts {
  mine: { open: number; snoozed: number; unread: number };
  queue: { waiting: number; longest_since: string | null };
  all: { open: number; bot: number; queued: number };
  /** `live`: all of the line's that are not over. */
  by_line: Record<string, { waiting: number; longest_since: string | null; live: number }>;
}

export interface Capabilities {
  medium?: string;
  longest_text?: number;
  counts_segments?: boolean;
  attachments?: boolean;
  receipts?: boolean;
  /** Content types that may be sent; so many with one text; so many octets together. */
  media?: string[];
  most_media?: number;
  largest_media?: number;
}

export interface Line {
  id: string;
  name: string;
  address: string;
  medium: string;
  is_enabled: boolean;
  has_bot: boolean;
  /** Of one text; longer ones are refused. */
  most_parts: number;
  /** What becomes of signs that cost SMS. */
  saver: Saver;
  /** Each of its links takes Latin-1. */
  latin1: boolean;
  capabilities: Capabilities;
}

export interface Session {
  user: { id: string; name: string; email: string; role: Role; language: Language; theme: Theme; density: Density; single_keys: boolean };
  organisation: { id: string; name: string; time_zone: string; languages: string[]; brand: Record<string, unknown> };
  lines: Line[];
  queues: SessionQueue[];
  /** Those in use, in the order of the menu. */
  reasons: Reason[];
  /** Those out of use, too: conversations were closed with them. */
  dispositions: Disposition[];
  /** Words for people; none where people are not shown. */
  tags: Schemas["TagNamed"][];
  /** Those that the user may know of, with the ids of who is in them. */
  teams: Schemas["DeskTeam"][];
  /** How the user has the desk: `line_ids` null is every line that is open to him. */
  desk: Schemas["DeskView"];
  /** Seconds without a hand on the desk after which one is away; 0: never. */
  idle_after_s?: number;
  agents: Agent[];
  presence: Agent;
  mode: "demo" | "production" | "test";
  epoch: number;
  head: number;
  at: string;
  csrf: string;
  phone_page: string | null;
}

export type SavedView = Schemas["ViewView"];
export type Sharing = "personal" | "team" | "everybody";

export type SupervisionLive = Narrow<"Live", { agents: Agent[] }>;
