import type { FilteredLine } from "@/api/types";

export interface Sums {
  letToday: number;
  refusedToday: number;
  letWeek: number;
  refusedWeek: number;
}

/** Refused is whoever was not let in, whatever became of him. */
export function sumsOf(counts: FilteredLine["counts"]): Sums {
  const sums = { letToday: 0, refusedToday: 0, letWeek: 0, refusedWeek: 0 };
  for (const { outcome, today, week } of counts) {
    if (outcome === "admit") {
      sums.letToday += today;
      sums.letWeek += week;
    } else {
      sums.refusedToday += today;
      sums.refusedWeek += week;
    }
  }
  return sums;
}
