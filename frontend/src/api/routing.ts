/** The REST wire of queues, skills, offers and agents' states. Shapes are generated; words are narrowed here. */
import type { Narrow, Row, Schemas } from "./types";

/** What an agent says of himself, and then what only the product says of him. */
export type AgentStateName =
  | "available" | "busy" | "break" | "training" | "away" | "offline"
  | "wrap_up" | "not_responding" | "disconnected";
export type CountsAs = "ready" | "work" | "pause" | "absent";
export type Strategy = "best_level" | "least_loaded" | "longest_idle";

export type Reason = Narrow<"ReasonView", { state: AgentStateName; counts_as: CountsAs }>;
export type Disposition = Schemas["DispositionView"];
export type SessionQueue = Schemas["QueueView"];

/** A conversation that is this person's for a few seconds, if he wants it. */
export type Offer = Narrow<"OfferView", { conversation: Row }>;
/** Whom a conversation may be handed to; `hindrance`: why not him. */
export type AgentChoice = Narrow<"AgentChoice", { state: AgentStateName; hindrance: "" | "away" | "full" }>;
export type QueueChoice = Schemas["QueueChoice"];
export type Destinations = Narrow<"Destinations", { agents: AgentChoice[]; queues: QueueChoice[] }>;
/** A conversation of his that rings at a colleague. */
export type Transfer = Schemas["TransferView"];
/** A question about a conversation: of this person's, or to him. */
export type Consult = Narrow<"ConsultView", { conversation: Row }>;
/** A conversation that he has closed, and whose place is still taken. */
export type WrapUp = Narrow<"WrapUpView", { conversation: Row }>;

export type Skill = Schemas["SkillView"];
export type QueueSkill = Schemas["QueueSkillView"];
export type FullReply = { fr?: string; en?: string };
export type LadderStep = Schemas["LadderStepView"];
export type LadderDeed = "lower_level" | "drop_preferred" | "add_queue" | "raise_priority" | "tell_position" | "offer_callback" | "give_to_bot";
export type LadderTexts = Record<string, Record<string, string>>;
/** How somebody who waits stands in his queue. */
export type Wait = Schemas["WaitView"];
export type AdminQueue = Narrow<"QueueAdminView", { strategy: Strategy; on_disconnect: "keep" | "return"; full_reply: FullReply; silence_text: FullReply }>;
export type AdminAgent = Schemas["AgentAdminView"];
