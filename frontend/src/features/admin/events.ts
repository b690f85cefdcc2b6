import type { QueryClient } from "@tanstack/react-query";

/** A line, a link or a user was changed by somebody: the tables on screen ask again. */
export function settingsChanged(client: QueryClient): void {
  void client.invalidateQueries({ queryKey: ["admin"] });
}
