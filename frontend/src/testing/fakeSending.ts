/** The part of the fake server that takes new texts: numbers of eight or ten digits are good, those that end in 13 said STOP. */
import { ok, refuse, type Answer } from "./fakeServer";

const byClient = new WeakMap<object, Map<string, { asked: string; answer: Answer }>>();

interface Known {
  /** Of a number, the conversation that is open with it. */
  find: (number: string) => { id: string; name: string | null; owner: string | null; mine: boolean } | undefined;
  sent: string[];
}

const plain = (given: string): string => given.replace(/[^\d+]/g, "");

function judge(given: string, { find }: Known) {
  const digits = plain(given).replace(/^\+229/, "");
  const number = /^01\d{8}$/.test(digits) ? `+229${digits}` : /^\+?\d{11,13}$/.test(plain(given)) ? plain(given) : given;
  const known = find(number);
  const refusal =
    number === given && !given.startsWith("+") ? (/[a-z]/i.test(given) ? "not_a_number" : "no_such_number")
    : number.endsWith("13") ? "opted_out"
    : known?.owner && !known.mine ? "already_owned"
    : "";
  return { given, number, name: known?.name ?? null, refusal, owner: known?.owner ?? null, conversation_id: known?.id ?? null };
}

function each(numbers: string[], known: Known) {
  const items: ReturnType<typeof judge>[] = [];
  const repeated: string[] = [];
  for (const given of numbers) {
    const one = judge(given, known);
    if (items.some(({ number }) => number === one.number)) repeated.push(given);
    else items.push(one);
  }
  return { items, repeated };
}

export function newTextRoutes(server: object, path: string, body: Record<string, unknown>, known: Known): Answer {
  const { items, repeated } = each(body.numbers as string[], known);
  if (path === "/api/texts/check") return ok({ items, repeated, most: 100 });
  const asked = JSON.stringify(body);
  const before = byClient.get(server) ?? new Map<string, { asked: string; answer: Answer }>();
  byClient.set(server, before);
  const again = before.get(String(body.client_id));
  if (again) return again.asked === asked ? again.answer : refuse(422, "key_used");
  if (String(body.body).trim() === "") return refuse(422, "empty");
  const answer = ok({
    repeated,
    items: items.map(({ number, name, refusal, owner, conversation_id }, place) => {
      if (refusal === "") known.sent.push(`${number}: ${String(body.body)}`);
      return {
        id: `text-${place}`, number, name, state: refusal ? "refused" : "sent", refusal, facts: owner ? { owner } : {},
        conversation_id: conversation_id ?? (refusal ? null : "c-00000"), is_kept: body.keep === true && refusal === "",
      };
    }),
  });
  before.set(String(body.client_id), { asked, answer });
  return answer;
}
