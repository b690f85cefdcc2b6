import { useQueryClient } from "@tanstack/react-query";
import { ListChecks, PanelLeft, SquarePen } from "lucide-react";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { post } from "@/api/fetch";
import { isObserver, receivesWork, useSession } from "@/api/session";
import { detailKey } from "@/api/detail";
import type { ConversationDetail, Row, View } from "@/api/types";
import { ConversationPane, type PaneHandle } from "@/features/conversation/ConversationPane";
import { NewTextDialog } from "@/features/conversation/NewTextDialog";
import type { First } from "@/features/conversation/writing";
import { useDraftOf } from "@/features/conversation/drafts";
import { filterOf, NOTHING_ASKED, parametersOf } from "@/features/conversationList/asked";
import { rowsChanged } from "@/features/conversationList/events";
import { BulkBar } from "@/features/conversationList/BulkBar";
import { List } from "@/features/conversationList/List";
import { ListHead } from "@/features/conversationList/ListHead";
import type { ListFilter } from "@/features/conversationList/listState";
import { ReassignButton } from "@/features/conversationList/Reassign";
import { useSelection } from "@/features/conversationList/selection";
import { askedOf, useViews } from "@/features/conversationList/viewsApi";
import { NextButton } from "@/features/offers/NextButton";
import { useFocusTold, useWrapUps } from "@/features/presence/api";
import { PersonPanel } from "@/features/contact/PersonPanel";
import { Button } from "@/ui/Button";
import { useCommands, type Command } from "@/ui/commands";
import { useKeys } from "@/ui/keys";
import { useLiveDesk } from "../Signed";
import styles from "./DeskPage.module.css";

const NARROW = "(max-width: 760px)";

/** A column that stays as the agent left it. */
function useRemembered(name: string, first: boolean): [boolean, (value: boolean) => void] {
  const key = `palabre.column.${name}`;
  const [open, setOpen] = useState(() => {
    const stored = localStorage.getItem(key);
    return stored === null ? first : stored === "1";
  });
  return [
    open,
    (value) => {
      setOpen(value);
      localStorage.setItem(key, value ? "1" : "0");
    },
  ];
}

export function DeskPage() {
  const { t } = useTranslation("app");
  const { t: tNew } = useTranslation("newText");
  const { t: tList } = useTranslation("conversationList");
  const client = useQueryClient();
  const session = useSession();
  const me = session.user.id;
  const live = useLiveDesk();
  const [search, setSearch] = useSearchParams();
  const draftOf = useDraftOf();
  const pane = useRef<PaneHandle>(null);
  const order = useRef<string[]>([]);
  const [listOpen, setListOpen] = useRemembered("list", true);
  const [personOpen, setPersonOpen] = useRemembered("person", window.innerWidth > 1180);
  const [personOver, setPersonOver] = useState(false);
  const [composing, setComposing] = useState(false);
  const [first, setFirst] = useState<First | null>(null);
  const works = receivesWork(session);
  const selection = useSelection();
  const wrappingUp = useWrapUps(works).length > 0;
  const mayCompose = !isObserver(session) && session.lines.some((one) => one.is_enabled);

  const filter = useMemo(() => filterOf(search, session, receivesWork(session) ? "mine" : "all"), [search, session]);
  const { view } = filter;
  const listIs = JSON.stringify([view, parametersOf(filter), filter.text]);
  const { clear: chooseNone } = selection;
  useEffect(() => chooseNone, [listIs, chooseNone]); // of another list nothing is chosen
  const savedView = search.get("v");
  const views = useViews();
  const columns = views?.find((one) => one.id === savedView)?.columns;
  const opened = search.get("c");
  const [marked, setMarked] = useState<string | null>(opened);

  const put = useCallback(
    (change: Record<string, string | string[] | null>, replace = true) =>
      setSearch(
        (now) => {
          const next = new URLSearchParams(now);
          for (const [name, value] of Object.entries(change)) {
            next.delete(name);
            for (const one of typeof value === "string" ? [value] : (value ?? [])) if (one !== "") next.append(name, one);
          }
          return next;
        },
        { replace },
      ),
    [setSearch],
  );

  useEffect(() => {
    live.watch({ conversation: opened, lists: [view === "snoozed" ? "mine" : view] });
  }, [live, opened, view]);
  useEffect(() => () => live.watch({ conversation: null, lists: [] }), [live]);

  const open = useCallback(
    (id: string) => {
      setMarked(id);
      // On a phone the browser's own Back returns to the list.
      put({ c: id, m: null }, !window.matchMedia(NARROW).matches);
    },
    [put],
  );
  const onFilter = (change: Partial<ListFilter>) =>
    put({
      ...parametersOf(change),
      ...("view" in change ? { view: change.view ?? null } : {}),
      ...("text" in change ? { q: change.text ?? null } : {}),
      ...("order" in change ? { order: change.order ?? null } : {}),
      v: null, // what is shown is not that saved view any more
    });
  const onView = (id: string) => {
    const one = views?.find((view) => view.id === id);
    if (!one) return;
    const { view: of, order: by } = one.filter as { view: View; order: string };
    put({ ...NOTHING_ASKED, ...parametersOf(askedOf(one)), view: of, order: by === "deadline" ? by : null, q: null, v: id });
  };

  // The server ends what stands before the eyes of somebody who is not there; back again he looks at it anew.
  useFocusTold(opened, works && !["away", "offline", "disconnected"].includes(session.presence.state));
  const taken = (row: Row) => {
    rowsChanged(client, [row], me);
    put({ view: "mine", c: row.id });
  };

  const near = (opened && client.getQueryData<ConversationDetail>(detailKey(opened))?.conversation.line_id) || null;
  const compose = (to: First | null) => {
    setFirst(to);
    setComposing(true);
  };
  const step = (by: 1 | -1) => {
    const ids = order.current;
    if (ids.length === 0) return;
    const here = ids.indexOf(marked ?? opened ?? "");
    setMarked(ids[here < 0 ? 0 : Math.min(ids.length - 1, Math.max(0, here + by))]!);
  };
  const chooseMarked = () => {
    const here = marked ?? opened;
    if (here !== null && order.current.includes(here)) selection.toggle(order.current, here, false);
    else selection.start();
  };
  /** Unread again: it leaves the screen first, where it would be read at once. */
  const putBack = async () => {
    if (opened === null) return;
    put({ c: null });
    await post(`/api/conversations/${opened}/unread`).catch(() => undefined);
  };
  const enter = () => {
    if (marked && marked !== opened) open(marked);
    else pane.current?.write("reply");
  };
  useKeys({
    j: () => step(1),
    k: () => step(-1),
    arrowdown: () => step(1),
    arrowup: () => step(-1),
    enter,
    t: () => pane.current?.take(),
    e: () => pane.current?.close(),
    s: () => pane.current?.snooze(),
    r: () => pane.current?.write("reply"),
    // While something is wrapped up, N ends it (features/presence).
    ...(wrappingUp ? {} : { n: () => pane.current?.write("note") }),
    c: () => mayCompose && compose(null),
    b: () => isObserver(session) || chooseMarked(),
    u: () => works && void putBack(),
    "/": () => document.getElementById("search")?.focus(),
    "1": () => isObserver(session) || onFilter({ view: "mine" }),
    "2": () => onFilter({ view: "queue" }),
    "3": () => onFilter({ view: "all" }),
  });

  useCommands(() => {
    const found: Command[] = [];
    const here = (id: string, label: string, keys: string, run: () => void) => found.push({ id, group: "conversation", label, keys, run });
    if (opened !== null && !isObserver(session)) {
      here("take", t("keys.take"), "T", () => pane.current?.take());
      here("reply", t("keys.reply"), "R", () => pane.current?.write("reply"));
      here("note", t("keys.note"), "N", () => pane.current?.write("note"));
      here("snooze", t("keys.snooze"), "S", () => pane.current?.snooze());
      here("close", t("keys.closeIt"), "E", () => pane.current?.close());
    }
    if (mayCompose) here("compose", tNew("open"), "C", () => compose(null));
    const views = isObserver(session) ? (["queue", "all"] as const) : (["mine", "snoozed", "queue", "all"] as const);
    for (const one of views) found.push({ id: `view-${one}`, group: "go", label: t("palette.view", { name: tList(one) }), run: () => onFilter({ view: one }) });
    return found;
  });

  const narrow = window.matchMedia(NARROW).matches;
  const personShown = opened !== null && (narrow ? personOver : personOpen);
  const togglePerson = () => (narrow ? setPersonOver(!personOver) : setPersonOpen(!personOpen));
  const shows = opened === null ? "list" : personShown && narrow ? "person" : "thread";

  return (
    <main className={styles.desk} data-shows={shows} data-list={listOpen} data-person={personShown}>
      <section className={styles.list} aria-label={t("nav.list")}>
        {listOpen ? (
          <>
            <ListHead
              filter={filter}
              onFilter={onFilter}
              opened={savedView}
              onView={onView}
              beside={
                <>
                  {works && <NextButton onTaken={taken} />}
                  {!isObserver(session) && (
                    <Button
                      look="quiet"
                      square
                      aria-label={t(selection.choosing ? "choosing.stop" : "choosing.start")}
                      aria-pressed={selection.choosing}
                      aria-keyshortcuts="b"
                      data-testid="choose"
                      icon={<ListChecks size={17} />}
                      onClick={selection.choosing ? selection.clear : selection.start}
                    />
                  )}
                  <ReassignButton filter={filter} />
                  {mayCompose && (
                    <Button
                      look="quiet"
                      square
                      aria-label={tNew("open")}
                      aria-keyshortcuts="c"
                      data-testid="compose"
                      icon={<SquarePen size={17} />}
                      onClick={() => compose(null)}
                    />
                  )}
                  <Button
                    look="quiet"
                    square
                    className={styles.fold}
                    aria-label={t("columns.hideList")}
                    icon={<PanelLeft size={17} />}
                    onClick={() => setListOpen(false)}
                  />
                </>
              }
            />
            <BulkBar filter={filter} selection={selection} />
            <div className={styles.rows}>
              <List
                key={JSON.stringify([view, parametersOf(filter)])}
                filter={filter}
                selected={opened}
                marked={marked}
                onOpen={open}
                onOrder={(ids) => {
                  order.current = ids;
                }}
                draftOf={draftOf}
                columns={columns}
                selection={selection}
              />
            </div>
          </>
        ) : (
          <button type="button" className={styles.unfold} aria-label={t("columns.showList")} title={t("columns.showList")} onClick={() => setListOpen(true)}>
            <PanelLeft size={17} />
          </button>
        )}
      </section>
      <div className={styles.thread}>
        <ConversationPane
          id={opened}
          found={Number(search.get("m")) || null}
          handle={pane}
          panelOpen={personShown}
          onBack={() => put({ c: null })}
          onPanel={togglePerson}
          onRow={(row: Row) => rowsChanged(client, [row], me)}
          onWrite={(row: Row) => compose({ lineId: row.line_id, to: row.contact.address })}
        />
      </div>
      {personShown && (
        <aside className={styles.person} aria-label={t("nav.person")}>
          <PersonPanel id={opened} onOpen={open} onClose={togglePerson} />
        </aside>
      )}
      {composing && <NewTextDialog first={first} near={near} onClose={() => setComposing(false)} onOpen={open} />}
    </main>
  );
}
