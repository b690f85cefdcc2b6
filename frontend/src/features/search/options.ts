/** What can be chosen in the search, in the order in which the arrow keys walk through it. Pure. */
import type { Found, Group } from "./api";

export type Option =
  | { key: string; kind: "recent" | "meant"; typed: string }
  | { key: string; kind: "tag"; typed: string; name: string }
  | { key: string; kind: "person"; person: Found["people"]["items"][number] }
  | { key: string; kind: "conversation"; row: Found["conversations"]["items"][number] }
  | { key: string; kind: "text"; hit: Found["texts"]["items"][number] }
  | { key: string; kind: "more"; group: Group; after: string };

export interface Block {
  group: "recent" | "meant" | "tags" | Group;
  options: Option[];
}

const quoted = (name: string) => (/\s/.test(name) ? `"${name}"` : name);

export function blocksOf(found: Found | undefined, recent: string[]): Block[] {
  if (!found) return recent.length === 0 ? [] : [{ group: "recent", options: recent.map((typed) => ({ key: `r-${typed}`, kind: "recent", typed })) }];
  const more = (group: Group, after: string | null): Option[] => (after === null ? [] : [{ key: `more-${group}`, kind: "more", group, after }]);
  const blocks: Block[] = [
    { group: "meant", options: found.did_you_mean.map((typed) => ({ key: `m-${typed}`, kind: "meant", typed })) },
    { group: "tags", options: found.tags.map(({ id, name }) => ({ key: `t-${id}`, kind: "tag", name, typed: `tag:${quoted(name)}` })) },
    { group: "people", options: [...found.people.items.map((person): Option => ({ key: `p-${person.id}`, kind: "person", person })), ...more("people", found.people.next)] },
    {
      group: "conversations",
      options: [...found.conversations.items.map((row): Option => ({ key: `c-${row.id}`, kind: "conversation", row })), ...more("conversations", found.conversations.next)],
    },
    { group: "texts", options: [...found.texts.items.map((hit): Option => ({ key: `x-${hit.message_id}`, kind: "text", hit })), ...more("texts", found.texts.next)] },
  ];
  return blocks.filter(({ options }) => options.length > 0);
}

/** The next page of a group behind what is shown of it. */
export function withMore(found: Found, group: Group, page: Found): Found {
  const joined = { ...page[group], items: [...found[group].items, ...page[group].items] };
  return { ...found, [group]: joined };
}

export function step(options: Option[], at: string | null, by: 1 | -1): string | null {
  if (options.length === 0) return null;
  const here = options.findIndex(({ key }) => key === at);
  const next = here < 0 ? (by === 1 ? 0 : options.length - 1) : (here + by + options.length) % options.length;
  return options[next]!.key;
}
