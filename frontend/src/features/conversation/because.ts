import { ApiError } from "@/api/fetch";
import { typeset } from "@/ui/typeset";

/** Why the server refused, in its words; `otherwise` when it was not reached. */
export function because(failure: Error, otherwise: string): string {
  if (!(failure instanceof ApiError) || failure.status === 0) return otherwise;
  const [first] = Object.values(failure.fields);
  return typeset(first ?? (failure.message || failure.code));
}
