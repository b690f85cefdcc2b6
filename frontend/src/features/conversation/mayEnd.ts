import type { Row, Session } from "@/api/types";

/** Who may close a conversation, give it back or hand it on: its owner, and who oversees him. */
export function mayEnd(row: Row, { user }: Session): boolean {
  if (row.status !== "open" && row.status !== "snoozed") return false;
  return row.owner_id === user.id || user.role === "supervisor" || user.role === "administrator";
}
