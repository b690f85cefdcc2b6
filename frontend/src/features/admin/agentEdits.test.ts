import { expect, it } from "vitest";
import type { AdminAgent } from "@/api/routing";
import { changed, difference } from "./agentEdits";
import type { Column } from "./matrix";

const AWA: AdminAgent = {
  id: "a", name: "Awa", role: "agent", capacity: 5, load: 2, media: [{ medium: "sms", capacity: 4, load: 2 }],
  skills: [{ skill_id: "billing", level: 3 }, { skill_id: "fon", level: 5 }],
};
const capacity: Column = { id: "capacity", kind: "capacity", name: "At once" };
const skill = (id: string): Column => ({ id, kind: "skill", name: id });
const medium = (id: string): Column => ({ id, kind: "medium", name: id });

it("only what was changed is sent: another administrator's work on the same agent stays", () => {
  expect(difference(AWA, changed(AWA, capacity, 8))).toEqual({ capacity: 8 });
  expect(difference(AWA, changed(AWA, skill("fon"), null))).toEqual({ levels: [{ skill_id: "fon", level: 0 }] });
  expect(difference(AWA, changed(AWA, skill("billing"), 4))).toEqual({ levels: [{ skill_id: "billing", level: 4 }] });
  expect(difference(AWA, changed(AWA, medium("email"), 2))).toEqual({ limits: [{ medium: "email", capacity: 2 }] });
});

it("what is put back to what it was is not sent", () => {
  const there = changed(AWA, skill("billing"), 4);
  expect(difference(AWA, changed(there, skill("billing"), 3))).toEqual({});
});

it("a limit that is taken away is none", () => {
  expect(difference(AWA, changed(AWA, medium("sms"), null))).toEqual({ limits: [{ medium: "sms", capacity: null }] });
});
