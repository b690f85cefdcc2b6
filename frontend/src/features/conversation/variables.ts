/**
 * What {names} in a canned reply stand for. The same rules as the server's (replies/variables.py);
 * tests/vectors/variables.json holds both to the same answers.
 *
 * A text is gone through once: what a value itself holds, braces included, is a word of somebody and nothing to expand.
 */
const NAMED = /\{([^ \t\n\r\u00a0\u2009\u202f{}:;,"']{1,80})\}/gu;

export interface Filled {
  text: string;
  /** Names of those that have no value here, in their order; they still stand in the text. */
  missing: string[];
}

const valueOf = (values: Readonly<Record<string, string>>, name: string): string => (Object.hasOwn(values, name) ? values[name]! : "");

export function fill(text: string, values: Readonly<Record<string, string>>): Filled {
  const missing = new Set<string>();
  const filled = text.replace(NAMED, (all, name: string) => {
    const value = valueOf(values, name);
    if (value === "") missing.add(name);
    return value || all;
  });
  return { text: filled, missing: [...missing] };
}

/** Of the names that a reply lacked, those that still stand in what is being written. */
export const stillMissing = (text: string, missing: readonly string[] | undefined): string[] =>
  (missing ?? []).filter((name) => text.includes(`{${name}}`));
