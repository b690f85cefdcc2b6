import { CloudOff, MessagesSquare, SearchX } from "lucide-react";
import { useImperativeHandle, useRef, useState, type Ref } from "react";
import { useTranslation } from "react-i18next";
import { useDetail } from "@/api/detail";
import { ApiError } from "@/api/fetch";
import { isObserver, useSession } from "@/api/session";
import type { Row } from "@/api/types";
import { Button } from "@/ui/Button";
import { address } from "@/ui/format";
import { Empty, Skeleton } from "@/ui/States";
import { toast } from "@/ui/toasts";
import { useDeed, useThread, type Deed } from "./api";
import { OptedOutBar, OwnershipBar } from "./Bars";
import { CallbackBar } from "./Callback";
import { asksDisposition, CloseDialog } from "./CloseDialog";
import { Composer, type ComposerHandle } from "./Composer";
import { ConsultBar } from "./Consult";
import { Header } from "./Header";
import { mayEnd } from "./mayEnd";
import { Thread } from "./Thread";
import { TransferBar } from "./Transfer";
import { WaitLine } from "./WaitLine";
import styles from "./Conversation.module.css";

/** What the desk's keys do to the conversation on screen. */
export interface PaneHandle {
  take(): void;
  close(): void;
  write(mode: "reply" | "note"): void;
}

interface PaneProps {
  id: string | null;
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

function OpenConversation({ id, panelOpen, onBack, onPanel, onRow, onWrite, handle }: PaneProps & { id: string }) {
  const { t } = useTranslation("conversation");
  const session = useSession();
  const me = session.user.id;
  const detail = useDetail(id);
  const thread = useThread(id);
  const deed = useDeed(id, onRow);
  const composer = useRef<ComposerHandle>(null);
  const row = detail.data?.conversation;
  /** What came of it is being asked: an answer may be, or must be given. null: nothing is asked. */
  const [ending, setEnding] = useState<"may" | "must" | null>(null);

  const act = (what: Deed) => {
    if (deed.isPending) return;
    deed.mutate(what, {
      onError: (failure) => {
        // The queue has begun to ask for a disposition since this page last heard of it.
        if (what.do === "close" && failure instanceof ApiError && "disposition_id" in failure.fields) {
          // Another trouble with it (the chosen one is out of use) is said, and the next try asks with what there is.
          const wanted = what.disposition_id === undefined;
          setEnding(wanted ? "must" : null);
          if (wanted) return;
        }
        toast(t("action.failed", { reason: explain(failure) }), { bad: true });
        if (what.do === "take") composer.current?.release();
      },
      onSuccess: () => {
        if (what.do === "close") {
          setEnding(null);
          toast(t("action.closed"));
        }
      },
    });
  };

  const take = () => {
    act({ do: "take" });
    composer.current?.prepare();
  };
  const end = (disposition: string | null) =>
    act({ do: "close", seen: thread.data?.items.at(-1)?.seq ?? null, ...(disposition === null ? {} : { disposition_id: disposition }) });
  const close = () => {
    const asked = row ? asksDisposition(session, row) : null;
    if (asked) setEnding(asked);
    else end(null);
  };
  const taking = deed.isPending && deed.variables?.do === "take";

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
        return t(`refusal.${failure.code}`);
      default:
        return t("refusal.other", { code: failure.code });
    }
  };

  useImperativeHandle(handle, () => ({
    take: () => row && !isObserver(session) && (row.status === "bot" || row.status === "queued") && take(),
    close: () => row && mayEnd(row, session) && close(),
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
  const mayReply = row.status === "open" && row.owner_id === me && !refused;
  return (
    <section className={styles.pane} aria-label={row.contact.name ?? address(row.contact.address)} data-conversation={id}>
      <Header row={row} busy={deed.isPending} panelOpen={panelOpen} onDeed={act} onClose={close} onBack={onBack} onPanel={onPanel} onRow={onRow} />
      <Thread
        row={row}
        thread={thread.data}
        loadingOlder={thread.loadingOlder}
        onOlder={() => void thread.loadOlder()}
        onEdit={(entry) => composer.current?.write(entry.kind === "note" ? "note" : "reply", entry.body)}
      />
      <OwnershipBar mayTake={!isObserver(session)} row={row} busy={deed.isPending} onTake={take} onWrite={isObserver(session) || refused ? undefined : () => onWrite(row)} />
      <ConsultBar row={row} onRow={onRow} />
      <TransferBar row={row} onRow={onRow} />
      <WaitLine row={row} />
      <CallbackBar row={row} />
      {consent.opted_out_at !== null && refused && row.status !== "closed" && <OptedOutBar since={consent.opted_out_at} />}
      {!isObserver(session) && (
        <Composer row={row} name={row.contact.name ?? address(row.contact.address)} mayReply={mayReply} taking={taking} handle={composer} />
      )}
      {ending && mayEnd(row, session) && (
        <CloseDialog row={row} required={ending === "must"} busy={deed.isPending} onClose={end} onCancel={() => setEnding(null)} />
      )}
    </section>
  );
}

/** "already_owned" names the owner among its facts. */
function ownerNamed(failure: ApiError): string | null {
  const facts = (failure.body as { error?: { facts?: Record<string, unknown> } } | null)?.error?.facts;
  return typeof facts?.owner === "string" ? facts.owner : null;
}
