import { CloudOff, MessagesSquare, SearchX } from "lucide-react";
import { useImperativeHandle, useRef, useState, type Ref } from "react";
import { useTranslation } from "react-i18next";
import { useDetail } from "@/api/detail";
import { ApiError } from "@/api/fetch";
import { isObserver, useSession } from "@/api/session";
import type { Row } from "@/api/types";
import { uuid } from "@/api/uuid";
import { Button } from "@/ui/Button";
import { address, fullTime } from "@/ui/format";
import { Empty, Skeleton } from "@/ui/States";
import { toast } from "@/ui/toasts";
import { useDeed, useReach, useThread, type Deed } from "./api";
import { giveBack } from "./attached";
import { OptedOutBar, OwnershipBar } from "./Bars";
import { CallbackBar } from "./Callback";
import { asksDisposition, CloseDialog } from "./CloseDialog";
import { Composer, type ComposerHandle } from "./Composer";
import { ConsultBar } from "./Consult";
import { Header } from "./Header";
import { mayEnd } from "./mayEnd";
import { SnoozeBar } from "./Snooze";
import { Thread } from "./Thread";
import { TransferBar } from "./Transfer";
import { WaitLine } from "./WaitLine";
import styles from "./Conversation.module.css";

/** What the desk's keys do to the conversation on screen. */
export interface PaneHandle {
  take(): void;
  close(): void;
  /** Opens the menu of times; what sleeps wakes. */
  snooze(): void;
  write(mode: "reply" | "note"): void;
}

interface PaneProps {
  id: string | null;
  /** The number of the message that a search has found: shown, and marked. */
  found: number | null;
  panelOpen: boolean;
  onBack: () => void;
  onPanel: () => void;
  onRow: (row: Row) => void;
  /** Asked for a new text to the person of this closed conversation. */
  onWrite: (row: Row) => void;
  handle: Ref<PaneHandle>;
}

export function ConversationPane(props: PaneProps) {
  const { t } = useTranslation("conversation");
  if (props.id === null) return <Empty icon={<MessagesSquare size={24} />} title={t("none")} text={t("noneText")} />;
  return <OpenConversation key={props.id} {...props} id={props.id} />;
}

function OpenConversation({ id, found, panelOpen, onBack, onPanel, onRow, onWrite, handle }: PaneProps & { id: string }) {
  const { t } = useTranslation("conversation");
  const session = useSession();
  const me = session.user.id;
  const detail = useDetail(id);
  const thread = useThread(id);
  const deed = useDeed(id, onRow);
  useReach(thread, found);
  const composer = useRef<ComposerHandle>(null);
  const pane = useRef<HTMLElement>(null);
  /** What the customer was to be told with a sleep, until the server has it. */
  const said = useRef<{ client_id: string; body: string } | null>(null);
  const row = detail.data?.conversation;
  /** What came of it is being asked: an answer may be, or must be given. null: nothing is asked. */
  const [ending, setEnding] = useState<{ how: "may" | "must"; seen: number | null } | null>(null);
  /** The newest message on the screen. A text that comes behind a dialog has not been seen. */
  const seen = thread.data?.items.at(-1)?.seq ?? null;

  const act = (what: Deed, done?: () => void) => {
    if (deed.isPending) return;
    deed.mutate(what, {
      onError: (failure) => {
        // The queue has begun to ask for a disposition since this page last heard of it.
        if (what.do === "close" && failure instanceof ApiError && "disposition_id" in failure.fields) {
          // Another trouble with it (the chosen one is out of use) is said, and the next try asks with what there is.
          const wanted = what.disposition_id === undefined;
          setEnding(wanted ? { how: "must", seen: what.seen } : null);
          if (wanted) return;
        }
        if (what.do === "close" && failure instanceof ApiError && failure.code === "new_text") setEnding(null);
        toast(t("action.failed", { reason: explain(failure) }), { bad: true });
        if (what.do === "take" || what.do === "reopen") composer.current?.release();
      },
      onSuccess: () => {
        if (what.do === "close") {
          setEnding(null);
          toast(t("action.closed"));
        }
        done?.();
        if (what.do === "snooze") said.current = null;
        if (what.do === "snooze") toast(what.until === null ? t("snooze.doneAnswer") : t("snooze.done", { when: fullTime(what.until) }));
        if (what.do === "wake") toast(t("snooze.woken"));
      },
    });
  };

  const take = () => {
    act({ do: "take" });
    composer.current?.prepare();
  };
  const reopen = () => {
    act({ do: "reopen" });
    composer.current?.prepare();
  };
  const end = (disposition: string | null, upTo: number | null) =>
    act({ do: "close", seen: upTo, ...(disposition === null ? {} : { disposition_id: disposition }) });
  const close = () => {
    const asked = row ? asksDisposition(session, row) : null;
    if (asked) setEnding({ how: asked, seen });
    else end(null, seen);
  };
  const snooze = (until: string | null, upTo: number, body?: string, done?: () => void) => {
    // The same words again, after an answer that never came, are the same text.
    if (body !== undefined && said.current?.body !== body) said.current = { client_id: uuid(), body };
    act({ do: "snooze", until, seen: upTo, ...(body === undefined ? {} : { text: said.current! }) }, done);
  };
  const wake = () => act({ do: "wake" });
  const taking = deed.isPending && (deed.variables?.do === "take" || deed.variables?.do === "reopen");

  const explain = (failure: Error): string => {
    if (!(failure instanceof ApiError) || failure.status === 0) return t("refusal.unreachable");
    const disposition = failure.fields.disposition_id;
    if (disposition) return disposition;
    switch (failure.code) {
      case "already_owned":
        return t("refusal.already_owned", { name: ownerNamed(failure) ?? t("refusal.someone") });
      case "closed":
      case "not_owner":
      case "at_capacity":
      case "no_bot":
      case "new_text":
      case "newer_open":
      case "not_closed":
      case "opted_out":
      case "line_off":
      case "too_long":
      case "empty":
        return t(`refusal.${failure.code}`);
      default:
        return t("refusal.other", { code: failure.code });
    }
  };

  useImperativeHandle(handle, () => ({
    take: () => row && !isObserver(session) && (row.status === "bot" || row.status === "queued") && take(),
    close: () => row && mayEnd(row, session) && close(),
    snooze: () => {
      if (!row || !mayEnd(row, session)) return;
      if (row.status === "snoozed") wake();
      else pane.current?.querySelector<HTMLElement>("[data-testid=snooze]")?.click();
    },
    write: (mode) => composer.current?.write(mode),
  }));

  const failure = detail.error ?? thread.error;
  if (failure && (!row || !thread.data)) {
    const missing = failure instanceof ApiError && failure.status === 404;
    return (
      <Empty
        icon={missing ? <SearchX size={24} /> : <CloudOff size={24} />}
        title={missing ? t("notFound") : t("error")}
        text={missing ? t("notFoundText") : t("errorText")}
      >
        {missing ? (
          <Button onClick={onBack}>{t("back")}</Button>
        ) : (
          <Button
            onClick={() => {
              void detail.refetch();
              void thread.refetch();
            }}
          >
            {t("retry")}
          </Button>
        )}
      </Empty>
    );
  }
  if (!row || !thread.data)
    return (
      <div className={styles.pane}>
        <div className={styles.header} />
        <Skeleton rows={4} look="thread" label={t("loading")} />
      </div>
    );

  const { consent } = detail.data!.contact;
  const refused = consent.opted_out_at !== null && !consent.may_answer;
  const mayReply = (row.status === "open" || row.status === "snoozed") && row.owner_id === me && !refused;
  return (
    <section ref={pane} className={styles.pane} aria-label={row.contact.name ?? address(row.contact.address)} data-conversation={id}>
      <Header row={row} busy={deed.isPending} panelOpen={panelOpen} mayText={!refused} seen={seen ?? 0} onDeed={act} onClose={close} onSnooze={snooze} onBack={onBack} onPanel={onPanel} onRow={onRow} />
      <Thread
        row={row}
        thread={thread.data}
        found={found}
        loadingOlder={thread.loadingOlder}
        onOlder={() => void thread.loadOlder()}
        onEdit={(entry) => {
          giveBack(entry.conversationId, entry.attachments ?? []);
          composer.current?.write(entry.kind === "note" ? "note" : "reply", entry.body);
        }}
      />
      <OwnershipBar mayTake={!isObserver(session)} row={row} busy={deed.isPending} onTake={take} onWrite={isObserver(session) || refused ? undefined : () => onWrite(row)} onReopen={isObserver(session) || refused ? undefined : reopen} />
      <SnoozeBar row={row} mayWake={!isObserver(session) && mayEnd(row, session)} busy={deed.isPending} onWake={wake} />
      <ConsultBar row={row} onRow={onRow} />
      <TransferBar row={row} onRow={onRow} />
      <WaitLine row={row} />
      <CallbackBar row={row} />
      {consent.opted_out_at !== null && refused && row.status !== "closed" && <OptedOutBar since={consent.opted_out_at} />}
      {!isObserver(session) && (
        <Composer row={row} name={row.contact.name ?? address(row.contact.address)} mayReply={mayReply} taking={taking} handle={composer} />
      )}
      {ending && mayEnd(row, session) && (
        <CloseDialog row={row} required={ending.how === "must"} busy={deed.isPending} onClose={(disposition) => end(disposition, ending.seen)} onCancel={() => setEnding(null)} />
      )}
    </section>
  );
}

/** "already_owned" names the owner among its facts. */
function ownerNamed(failure: ApiError): string | null {
  const facts = (failure.body as { error?: { facts?: Record<string, unknown> } } | null)?.error?.facts;
  return typeof facts?.owner === "string" ? facts.owner : null;
}
