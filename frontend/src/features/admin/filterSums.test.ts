import { expect, it } from "vitest";
import { sumsOf } from "./filterSums";

it("counts as refused whoever was not let in, whatever became of him", () => {
  const of = (outcome: "admit" | "queue" | "answer" | "bot", today: number, week: number) => ({ check_id: null, outcome, today, week });
  const sums = sumsOf([of("admit", 3, 30), of("admit", 1, 1), of("queue", 1, 10), of("answer", 2, 20), of("bot", 4, 40)]);
  expect(sums).toEqual({ letToday: 4, letWeek: 31, refusedToday: 7, refusedWeek: 70 });
});
