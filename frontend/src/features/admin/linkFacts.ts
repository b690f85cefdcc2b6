/** What a gateway says of a link (docs/watching.md), read with care: an older gateway may leave things out. */
export interface Bind {
  number: number;
  kind: string;
  state: string;
  error: string;
  in_flight: number;
}

export interface LinkFacts {
  binds: Bind[];
  window: number | null;
  inFlight: number;
  rateSet: number | null;
  rateNow: number | null;
  slow: string[];
  warnings: { code: string; [fact: string]: unknown }[];
  roundTrip: { p50: number; p95: number } | null;
  queued: number[] | null;
  out: number;
  in: number;
  throttled: [number, number];
  lastError: { text: string; at: string; fr: string; en: string } | null;
}

const count = (value: unknown): number => (typeof value === "number" ? value : 0);
const list = (value: unknown): unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);

const words = (value: unknown): string => (typeof value === "string" ? value : "");

export function readFacts(facts: Record<string, unknown>): LinkFacts {
  const trip = list(facts.round_trip_ms);
  const error = facts.last_error as { text?: unknown; at?: unknown; fr?: unknown; en?: unknown } | null | undefined;
  const lately = list(facts.throttled_lately);
  return {
    binds: list(facts.binds) as Bind[],
    window: typeof facts.window === "number" ? facts.window : null,
    inFlight: count(facts.in_flight),
    rateSet: typeof facts.rate_set === "number" ? facts.rate_set : null,
    rateNow: typeof facts.rate_now === "number" ? facts.rate_now : null,
    slow: list(facts.slow).map(String),
    warnings: list(facts.warnings).filter((one) => typeof one === "object" && one !== null) as LinkFacts["warnings"],
    roundTrip: typeof trip[0] === "number" && typeof trip[1] === "number" ? { p50: trip[0], p95: trip[1] } : null,
    queued: Array.isArray(facts.queued_by_lane) ? list(facts.queued_by_lane).map(count) : null,
    out: count(facts.out_per_minute),
    in: count(facts.in_per_minute),
    throttled: [count(lately[0]), count(lately[1])],
    lastError: error && typeof error.text === "string" && typeof error.at === "string" ? { text: error.text, at: error.at, fr: words(error.fr), en: words(error.en) } : null,
  };
}
