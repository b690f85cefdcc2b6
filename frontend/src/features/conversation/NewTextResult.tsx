import { BellOff, CircleAlert, CircleCheck, CircleDashed } from "lucide-react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { NewTextResult as Result, SentTo } from "@/api/types";
import { Button } from "@/ui/Button";
import { address } from "@/ui/format";
import { refusalOf } from "./writing";
import styles from "./NewText.module.css";

const STATES = ["sent", "pending", "refused"] as const;

interface NewTextResultProps {
  result: Result;
  onOpen: (conversationId: string) => void;
  onAnew: () => void;
  onClose: () => void;
}

/** What came of each number. Those that got nothing stand first: they are what there is to do. */
export function NewTextResult({ result, onOpen, onAnew, onClose }: NewTextResultProps) {
  const { t } = useTranslation("newText");
  const head = useRef<HTMLParagraphElement>(null);
  useEffect(() => head.current?.focus(), []);
  const of = (state: string) => result.items.filter((item) => item.state === state);
  const told = STATES.filter((state) => of(state).length > 0).map((state) => t(`summary.${state}`, { count: of(state).length }));
  return (
    <div className={styles.form} data-testid="new-text-result">
      <div className={styles.fields}>
        <p ref={head} tabIndex={-1} className={styles.summary} role="status">
          {told.join(" · ")}
        </p>
        <ul className={styles.results}>
          {[...of("refused"), ...of("pending"), ...of("sent")].map((item) => (
            <Line key={item.id} item={item} onOpen={onOpen} />
          ))}
        </ul>
      </div>
      <div className={styles.foot}>
        <Button onClick={onAnew}>{t("anew")}</Button>
        <Button look="primary" onClick={onClose} data-testid="new-text-done">
          {t("done")}
        </Button>
      </div>
    </div>
  );
}

function Line({ item, onOpen }: { item: SentTo; onOpen: (id: string) => void }) {
  const { t } = useTranslation("newText");
  const shown = address(item.number);
  const refused = item.state === "refused";
  const Icon = item.refusal === "opted_out" ? BellOff : refused ? CircleAlert : item.state === "sent" ? CircleCheck : CircleDashed;
  const said = refused ? refusalOf(t, item.refusal, item.facts) : t(item.state === "sent" ? "onItsWay" : "pending");
  const id = item.conversation_id;
  return (
    <li data-testid="new-text-outcome" data-state={item.state} data-refusal={item.refusal}>
      <Icon size={17} aria-hidden="true" className={refused ? styles.bad : styles.good} />
      <span className={styles.who}>
        <bdi>{item.name ?? shown}</bdi>
        {item.name && <small>{shown}</small>}
        <em>
          {said}
          {item.is_kept && `, ${t("kept")}`}
        </em>
      </span>
      {id && (
        <Button size="small" aria-label={t("openOf", { name: item.name ?? shown })} onClick={() => onOpen(id)}>
          {t("openIt")}
        </Button>
      )}
    </li>
  );
}
