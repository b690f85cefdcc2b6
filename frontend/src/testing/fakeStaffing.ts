import type { Staffing, StaffingRow } from "@/api/types";
import { ok, refuse, type Answer } from "./fakeServer";

const row = (agents: number, level: number): StaffingRow => ({
  agents, scheduled: Math.ceil(agents / 0.7), service_level: level, waits: 1 - level, asa_s: 13.06, occupancy: 10 / agents,
});

/** Answers each half hour with a quarter of its contacts as agents: sixty need fifteen. */
export class FakeStaffing {
  readonly asked: string[] = [];
  refusal: string | null = null;

  route(search: URLSearchParams): Answer {
    this.asked.push(search.toString());
    if (this.refusal !== null) return refuse(422, "too_much_traffic", this.refusal);
    const contacts = search.getAll("contacts").map(Number);
    const halves = contacts.map((one) => ({ contacts: one, traffic: one / 6, ...row(Math.ceil(one / 4), 0.867) }));
    const busiest = contacts.indexOf(Math.max(...contacts));
    const enough = halves[busiest]!.agents;
    const found: Staffing = { halves, busiest, options: [row(enough - 1, 0.766), row(enough, 0.867), row(enough + 1, 0.927)], agent_hours: 41.5 };
    return ok(found);
  }
}
