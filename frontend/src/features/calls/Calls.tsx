import { AlarmClock, PhoneCall } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/Button";
import { address, clockTime } from "@/ui/format";
import type { Call } from "./api";
import styles from "./Calls.module.css";

interface CallsProps {
  calls: Call[];
  /** The conversation on screen: it needs no calling. */
  shown: string | null;
  onOpen: (id: string) => void;
  /** Sounds, and is said to a screen reader. */
  onNew: (text: string) => void;
}

const keyOf = ({ conversation, why, at }: Call): string => `${conversation.id} ${why} ${at}`;

/** Below the bar: what was promised and what was put aside, when its time has come. */
export function Calls({ calls, shown, onOpen, onNew }: CallsProps) {
  const { t } = useTranslation("calls");
  const [later, setLater] = useState<readonly string[]>([]);
  const heard = useRef(new Set<string>());
  const say = (call: Call) =>
    t(call.why, {
      name: call.conversation.contact.name ?? address(call.conversation.contact.address),
      when: clockTime(call.why === "callback" ? (call.conversation.callback_at ?? call.at) : call.at),
    });

  useEffect(() => {
    for (const call of calls) {
      if (heard.current.has(keyOf(call))) continue;
      heard.current.add(keyOf(call));
      onNew(say(call));
    }
  }); // after each rendering: `heard` sees to it that each call is said once, in the words of that moment

  const left = calls.filter((call) => call.conversation.id !== shown && !later.includes(keyOf(call)));
  if (left.length === 0) return null;
  return (
    <ul className={styles.calls} aria-label={t("label")} data-testid="calls">
      {left.map((call) => (
        <li key={keyOf(call)} data-why={call.why}>
          {call.why === "callback" ? <PhoneCall size={16} aria-hidden="true" /> : <AlarmClock size={16} aria-hidden="true" />}
          <p>
            {say(call)} {call.note && <span>{call.note}</span>}
          </p>
          <Button size="small" look="primary" onClick={() => onOpen(call.conversation.id)} data-testid="call-open">
            {t("open")}
          </Button>
          <Button size="small" look="quiet" onClick={() => setLater([...later, keyOf(call)])}>
            {t("dismiss")}
          </Button>
        </li>
      ))}
    </ul>
  );
}
