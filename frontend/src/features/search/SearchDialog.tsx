import { CloudOff, Clock, MessageSquareText, MessagesSquare, Search, SearchX, Tag, UserRound, Wand2 } from "lucide-react";
import { useEffect, useId, useRef, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { findLine, useSession } from "@/api/session";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { address, shortDate } from "@/ui/format";
import { Empty, Skeleton } from "@/ui/States";
import { fetchMore, forgetSearches, recentSearches, rememberSearch, useSearch, useSettled, type Found, type Group } from "./api";
import { blocksOf, step, withMore, type Option } from "./options";
import styles from "./Search.module.css";

interface SearchDialogProps {
  /** What is looked for at first. */
  first?: string;
  onClose: () => void;
  /** `seq`: the message to show; null: the conversation. */
  onOpen: (conversationId: string, seq: number | null) => void;
}

const PROBLEMS = ["unknown_field", "empty_field", "bad_date", "unknown_value", "no_such", "too_long"] as const;

/** The one search of the desk, by keyboard alone: the focus stays in the box, the arrows walk through what is found. */
export function SearchDialog({ first = "", onClose, onOpen }: SearchDialogProps) {
  const { t } = useTranslation("search");
  const me = useSession().user.id;
  const id = useId();
  const [typed, setTyped] = useState(first);
  const settled = useSettled(typed);
  const asked = typed.trim() !== "";
  const search = useSearch(settled);
  const [pages, setPages] = useState<{ q: string; found: Found } | null>(null);
  const [recent, setRecent] = useState(() => recentSearches(me));
  const [at, setAt] = useState<string | null>(null);
  const [moreFailed, setMoreFailed] = useState(false);
  const list = useRef<HTMLDivElement>(null);

  const found = !asked || settled.trim() === "" ? undefined : pages?.q === settled ? pages.found : search.data;
  const blocks = asked ? (found ? blocksOf(found, []) : []) : blocksOf(undefined, recent);
  const options = blocks.flatMap((one) => one.options);
  const chosen = options.find(({ key }) => key === at) ?? (asked ? options[0] : undefined);
  const hits = options.filter(({ kind }) => kind !== "more" && kind !== "meant" && kind !== "recent").length;
  const waits = asked && (typed !== settled || search.isFetching);

  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [at]);

  const type = (next: string) => {
    setTyped(next);
    setAt(null);
    setMoreFailed(false);
  };
  const more = async (group: Group, after: string) => {
    if (!found) return;
    setMoreFailed(false);
    try {
      const page = await fetchMore(settled, group, after);
      const next = withMore(found, group, page);
      setPages({ q: settled, found: next });
      setAt(blocksOf(next, []).find((one) => one.group === group)?.options.at(found[group].items.length)?.key ?? null);
    } catch {
      setMoreFailed(true);
    }
  };
  const choose = (option: Option) => {
    switch (option.kind) {
      case "recent":
      case "meant":
      case "tag":
        return type(option.typed);
      case "more":
        return void more(option.group, option.after);
      case "person":
        if (option.person.conversation_id === null) return;
        rememberSearch(me, typed);
        return onOpen(option.person.conversation_id, null);
      case "conversation":
        rememberSearch(me, typed);
        return onOpen(option.row.id, null);
      case "text":
        rememberSearch(me, typed);
        return onOpen(option.hit.conversation_id, option.hit.seq);
    }
  };
  const press = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      setAt(step(options, chosen?.key ?? null, event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter" && chosen && typed === settled) {
      event.preventDefault();
      choose(chosen);
    }
  };

  return (
    <Dialog title={t("title")} closeLabel={t("close")} onClose={onClose}>
      <div className={styles.search} role="search" data-testid="search-dialog">
        <div className={styles.box}>
          <Search size={18} aria-hidden="true" />
          <input
            data-autofocus
            type="text"
            role="combobox"
            inputMode="search"
            enterKeyHint="search"
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            maxLength={300}
            aria-label={t("box")}
            aria-expanded={options.length > 0}
            aria-controls={`${id}-list`}
            aria-describedby={`${id}-hint`}
            aria-activedescendant={chosen ? `${id}-${chosen.key}` : undefined}
            placeholder={t("box")}
            value={typed}
            onChange={(event) => type(event.target.value)}
            onKeyDown={press}
            data-testid="search-box"
          />
        </div>
        <p id={`${id}-hint`} className={styles.hint}>
          {t("hint")}
        </p>
        <p className="visually-hidden" role="status">
          {waits ? "" : asked && found ? (hits === 0 ? t("none") : t("found", { count: hits })) : ""}
        </p>

        {found?.problems.map((one) => (
          <p key={`${one.code}${one.field}${one.value}`} className={styles.problem} role="alert" data-testid="search-problem">
            {t(`problem.${PROBLEMS.find((code) => code === one.code) ?? "other"}`, { field: one.field, value: one.value })}
            {one.near.length > 0 && ` ${t("problem.near", { names: one.near.join(", ") })}`}
          </p>
        ))}
        {found?.taken.map((one) => (
          <p key={one.value} className={styles.said}>
            {t("taken", { value: one.value, name: one.name })}
          </p>
        ))}
        {found?.slow && <p className={styles.said}>{t("slow")}</p>}

        <div ref={list} id={`${id}-list`} role="listbox" aria-label={t(asked ? "results" : "recent")} aria-busy={waits} className={styles.list}>
          {blocks.map(({ group, options: some }) => (
            <div key={group} role="group" aria-labelledby={`${id}-${group}`}>
              <div id={`${id}-${group}`} className={styles.group}>
                {group === "recent" ? t("recent") : group === "meant" ? t("meant") : t(`groups.${group}`)}
                {group === "people" && found?.people.alike && <small>{t("alike")}</small>}
              </div>
              {some.map((option) => (
                <div
                  key={option.key}
                  id={`${id}-${option.key}`}
                  role="option"
                  aria-selected={option === chosen}
                  className={styles.option}
                  data-testid={`search-${option.kind}`}
                  onClick={() => choose(option)}
                >
                  <OptionBody option={option} />
                </div>
              ))}
            </div>
          ))}
        </div>

        {!asked && recent.length > 0 && (
          <Button
            look="quiet"
            size="small"
            className={styles.forget}
            onClick={() => {
              forgetSearches(me);
              setRecent([]);
            }}
          >
            {t("forget")}
          </Button>
        )}
        {asked && !found && waits && <Skeleton rows={4} look="lines" label={t("loading")} />}
        {asked && (moreFailed || (search.isError && !search.isFetching)) && (
          <Empty icon={<CloudOff size={22} />} title={t("failed")} testId="search-failed">
            <Button onClick={() => (moreFailed ? setMoreFailed(false) : void search.refetch())}>{t("retry")}</Button>
          </Empty>
        )}
        {asked && found && !waits && hits === 0 && found.problems.length === 0 && !found.slow && !search.isError && (
          <Empty icon={<SearchX size={22} />} title={t("none")} text={t("noneText")} testId="search-none" />
        )}
        <p className={styles.keys} aria-hidden="true">
          {t("keys")}
        </p>
      </div>
    </Dialog>
  );
}

function OptionBody({ option }: { option: Option }) {
  const { t } = useTranslation("search");
  const session = useSession();
  switch (option.kind) {
    case "recent":
      return <Line icon={<Clock size={16} />} first={option.typed} />;
    case "meant":
      return <Line icon={<Wand2 size={16} />} first={option.typed} />;
    case "tag":
      return <Line icon={<Tag size={16} />} first={option.name} />;
    case "more":
      return <Line icon={null} first={t("more")} />;
    case "person": {
      const { name, addresses, conversation_id } = option.person;
      const numbers = addresses.map(address).join(" · ");
      const first = name || numbers || t("unnamed");
      return <Line icon={<UserRound size={16} />} first={first} second={[name ? numbers : "", conversation_id === null ? t("noTalk") : ""].filter(Boolean).join(" · ")} />;
    }
    case "conversation": {
      const { contact, last_message, status, line_id, opened_at } = option.row;
      const where = `${t(`status.${status as "open"}`)} · ${findLine(session, line_id)?.address ?? ""} · ${shortDate(opened_at)}`;
      return <Line icon={<MessagesSquare size={16} />} first={contact.name ?? address(contact.address)} second={last_message?.preview ?? ""} aside={where} />;
    }
    case "text": {
      const { hit } = option;
      const who = hit.contact.name ?? address(hit.contact.address);
      const kind = t(`kind.${hit.kind as "note"}`);
      return (
        <Line
          icon={<MessageSquareText size={16} />}
          first={who}
          aside={`${kind} · ${findLine(session, hit.line_id)?.address ?? ""} · ${shortDate(hit.at)}`}
          second={hit.parts.map((part, index) => (part.hit ? <mark key={index}>{part.text}</mark> : part.text))}
        />
      );
    }
  }
}

function Line({ icon, first, second, aside }: { icon: React.ReactNode; first: string; second?: React.ReactNode; aside?: string }) {
  return (
    <>
      <span className={styles.icon} aria-hidden="true">
        {icon}
      </span>
      <span className={styles.words}>
        <span className={styles.first} dir="auto">
          {first}
        </span>
        {aside && <span className={styles.aside}>{aside}</span>}
        {second && (
          <span className={styles.second} dir="auto">
            {second}
          </span>
        )}
      </span>
    </>
  );
}
