import { ArrowRightLeft } from "lucide-react";
import { useId, useState, type FormEvent, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import type { AgentChoice, QueueChoice } from "@/api/routing";
import { useSession } from "@/api/session";
import type { Row } from "@/api/types";
import { useSecondsUntil } from "@/realtime/clock";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { useKeys } from "@/ui/keys";
import { toast } from "@/ui/toasts";
import { Bar } from "./Bars";
import { because } from "./because";
import { mayEnd } from "./mayEnd";
import { useConsult, useDestinations, useTransfer, useTransfers } from "./transferApi";
import styles from "./Transfer.module.css";

interface TransferProps {
  row: Row;
  onRow: (row: Row) => void;
}

/** In the head of a conversation, and X: hand it to a colleague or a queue. */
export function TransferButton({ row, onRow }: TransferProps) {
  const { t } = useTranslation("conversation");
  const session = useSession();
  const [open, setOpen] = useState(false);
  const may = mayEnd(row, session);
  useKeys({ x: () => setOpen(true) }, may && !open);
  if (!may) return null;
  return (
    <>
      <Button look="quiet" square aria-label={t("transfer.open")} aria-keyshortcuts="x" icon={<ArrowRightLeft size={17} />} onClick={() => setOpen(true)} data-testid="transfer" />
      {open && <TransferDialog row={row} onRow={onRow} onClose={() => setOpen(false)} />}
    </>
  );
}

/** Above the composer: whom it rings at, and how to take it back. */
export function TransferBar({ row, onRow }: TransferProps) {
  const { t } = useTranslation("conversation");
  const session = useSession();
  const may = mayEnd(row, session);
  const mine = row.owner_id === session.user.id;
  const pending = useTransfers(may, mine ? null : row.id).find(({ conversation_id }) => conversation_id === row.id);
  const left = useSecondsUntil(pending?.expires_at ?? row.opened_at);
  const back = useTransfer(row.id, onRow);
  if (!pending || !may) return null;
  const failed = (failure: Error) => toast(t("transfer.failed", { reason: because(failure, t("transfer.unreachable")) }), { bad: true });
  return (
    <div data-testid="transfer-bar">
      <Bar look="queued" icon={<ArrowRightLeft size={17} />} title={t("transfer.bar", { name: pending.agent })} text={mine ? t("transfer.barHint") : ""} extra={t("transfer.left", { count: left })}>
        <Button size="small" disabled={back.isPending} onClick={() => back.mutate(null, { onError: failed })} data-testid="transfer-back">
          {t("transfer.takeBack")}
        </Button>
      </Bar>
    </div>
  );
}

const plain = (text: string): string => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

function TransferDialog({ row, onRow, onClose }: TransferProps & { onClose: () => void }) {
  const { t } = useTranslation("conversation");
  const found = useDestinations(row.id);
  const [words, setWords] = useState("");
  const [asked, choose] = useState<string | null>(null);
  const [note, setNote] = useState("");
  const [missing, setMissing] = useState<"" | "choose" | "full" | "question" | "whom">("");
  const consult = useConsult(row.id);
  const mine = useSession().user.id === row.owner_id;
  const transfer = useTransfer(row.id, onRow);
  const id = useId();

  const fits = ({ name }: { name: string }) => plain(name).includes(plain(words.trim()));
  const agents = (found.data?.agents ?? []).filter(fits);
  const queues = (found.data?.queues ?? []).filter((one) => fits(one) && !(one.id === row.queue_id && row.status === "queued"));
  const open = [...agents.filter(({ hindrance }) => hindrance !== "away"), ...queues];
  // What was typed leaves one: Enter means that one.
  const chosen = open.find((one) => one.id === asked) ?? (words.trim() !== "" && open.length === 1 ? open[0] : undefined);

  const press = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || open.length === 0) return;
    event.preventDefault();
    const here = chosen ? open.indexOf(chosen) : step > 0 ? -1 : 0;
    choose(open[(here + step + open.length) % open.length]!.id);
    setMissing("");
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (transfer.isPending) return;
    if (!chosen) {
      setMissing("choose");
      return;
    }
    const toAgent = "hindrance" in chosen;
    if (toAgent && chosen.hindrance === "full") {
      setMissing("full");
      return;
    }
    transfer.mutate(
      { ...(toAgent ? { agent_id: chosen.id } : { queue_id: chosen.id }), note },
      {
        onSuccess: () => {
          toast(t(toAgent ? "transfer.rings" : "transfer.queued", { name: chosen.name }));
          onClose();
        },
        onError: () => void found.refetch(),
      },
    );
  };
  // Being asked takes no room of his.
  const askFirst = () => {
    if (!chosen || !("hindrance" in chosen)) setMissing(chosen ? "whom" : "choose");
    else if (note.trim() === "") setMissing("question");
    else
      consult.mutate(
        { agent_id: chosen.id, note },
        {
          onSuccess: () => {
            toast(t("consult.asked", { name: chosen.name }));
            onClose();
          },
        },
      );
  };
  const wanting = { choose: t("transfer.choose"), full: t("transfer.fullHint"), question: t("consult.question"), whom: t("consult.whom") };
  const failure = transfer.error ?? consult.error;
  const error = missing ? wanting[missing] : failure ? t("transfer.failed", { reason: because(failure, t("transfer.unreachable")) }) : "";
  const list = (title: string, items: (AgentChoice | QueueChoice)[]) =>
    items.length > 0 && (
      <fieldset className={styles.group}>
        <legend>{title}</legend>
        {items.map((one) => (
          <Choice key={one.id} one={one} checked={chosen?.id === one.id} onChoose={() => (choose(one.id), setMissing(""))} onEnter={submit} />
        ))}
      </fieldset>
    );
  return (
    <Dialog title={t("transfer.title")} closeLabel={t("transfer.cancel")} onClose={onClose}>
      <form className={styles.form} onSubmit={submit} noValidate data-testid="transfer-dialog">
        <label htmlFor={`${id}-find`}>{t("transfer.find")}</label>
        <input id={`${id}-find`} type="search" autoComplete="off" data-autofocus value={words} onChange={(event) => setWords(event.target.value)} onKeyDown={press} data-testid="transfer-find" />
        <div className={styles.choices} aria-busy={found.isPending}>
          {found.isPending && <p className={styles.hint}>{t("transfer.loading")}</p>}
          {found.isError && <p role="alert" className={styles.error}>{t("transfer.unreachable")}</p>}
          {list(t("transfer.agents"), agents)}
          {list(t("transfer.queues"), queues)}
          {found.data && agents.length + queues.length === 0 && <p className={styles.hint}>{t("transfer.nobody")}</p>}
        </div>
        <label htmlFor={`${id}-note`}>{t("transfer.note")}</label>
        <textarea id={`${id}-note`} rows={2} maxLength={1000} value={note} onChange={(event) => setNote(event.target.value)} aria-describedby={`${id}-hint`} data-testid="transfer-note" />
        <p id={`${id}-hint`} className={styles.hint}>{t("transfer.noteHint")}</p>
        <div className={styles.foot}>
          <p role="alert" className={styles.error}>{error}</p>
          <Button onClick={onClose}>{t("transfer.cancel")}</Button>
          {mine && (
            <Button disabled={consult.isPending} onClick={askFirst} data-testid="ask-first">{t("consult.askFirst")}</Button>
          )}
          <Button type="submit" look="primary" disabled={transfer.isPending} data-testid="transfer-send">{t("transfer.send")}</Button>
        </div>
      </form>
    </Dialog>
  );
}

interface ChoiceProps {
  one: AgentChoice | QueueChoice;
  checked: boolean;
  onChoose: () => void;
  onEnter: (event: KeyboardEvent) => void;
}

function Choice({ one, checked, onChoose, onEnter }: ChoiceProps) {
  const { t } = useTranslation("conversation");
  const { t: tState } = useTranslation("presence");
  const agent = "hindrance" in one ? one : null;
  const said = agent
    ? [tState(`state.${agent.state}`), agent.hindrance === "away" ? "" : agent.hindrance === "full" ? t("transfer.full") : t("transfer.room", { count: agent.room })]
    : [t("transfer.waiting", { count: (one as QueueChoice).waiting })];
  return (
    <label className={styles.choice} data-state={agent?.state ?? "queue"}>
      <input
        type="radio"
        name="destination"
        checked={checked}
        disabled={agent?.hindrance === "away"}
        onChange={onChoose}
        onKeyDown={(event) => event.key === "Enter" && onEnter(event)}
        data-testid="destination"
      />
      <span className={styles.name}>{one.name}</span>
      <span className={styles.said}>{said.filter(Boolean).join(" · ")}</span>
    </label>
  );
}
