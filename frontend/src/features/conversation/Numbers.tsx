import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { BellOff, CircleAlert, X } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { CheckedNumber, CheckedNumbers } from "@/api/types";
import { address } from "@/ui/format";
import { checkNumbers, MOST, refusalOf, splitNumbers, withoutNumber } from "./writing";
import styles from "./NewText.module.css";

const PAUSE_MS = 300;

export interface Checked {
  data: CheckedNumbers | undefined;
  failed: boolean;
  /** Whether `data` is of the numbers that stand there now; else of those that stood there a moment ago. */
  isCurrent: boolean;
}

/** What the server knows of the numbers, asked when the typing pauses. */
export function useChecked(lineId: string, numbers: string[]): Checked {
  const written = numbers.join("\n");
  const [asked, setAsked] = useState(written);
  useEffect(() => {
    const timer = setTimeout(() => setAsked(written), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [written]);
  const { data, isError, isPlaceholderData } = useQuery({
    queryKey: ["checked", lineId, asked],
    queryFn: () => checkNumbers(lineId, splitNumbers(asked)),
    enabled: lineId !== "" && asked !== "",
    placeholderData: keepPreviousData,
    gcTime: 0,
    retry: 1,
  });
  // Nothing is written: what was known of numbers before is known of none.
  if (written === "") return { data: undefined, failed: false, isCurrent: false };
  return { data, failed: isError, isCurrent: data !== undefined && asked === written && !isPlaceholderData };
}

interface NumbersProps {
  written: string;
  numbers: string[];
  checked: Checked;
  locked: boolean;
  onChange: (written: string) => void;
}

/** Each number in the form in which it is texted, with the person's name; those that get nothing say why. */
export function Numbers({ written, numbers, checked, locked, onChange }: NumbersProps) {
  const { t } = useTranslation("newText");
  const items = checked.data?.items ?? [];
  const count = checked.isCurrent ? items.length : numbers.length;
  const refused = items.filter(({ refusal }) => refusal !== "").length;
  const repeated = checked.data?.repeated.length ?? 0;
  const told = [
    t("numbers", { count: items.length }),
    repeated > 0 ? t("repeated", { count: repeated }) : "",
    refused > 0 ? t("notTexted", { count: refused }) : "",
  ].filter(Boolean);
  return (
    <div id="new-text-numbers" aria-live="polite">
      {numbers.length === 0 ? (
        <p className={styles.hint}>{t("toHint")}</p>
      ) : count > MOST ? (
        <p className={styles.bad}>{t("tooMany", { most: MOST, count })}</p>
      ) : checked.failed ? (
        <p className={styles.hint}>{t("unchecked")}</p>
      ) : !checked.data ? (
        <p className={styles.hint}>{t("checking")}</p>
      ) : (
        <>
          {checked.isCurrent && (items.length > 1 || repeated > 0) && <p className={styles.hint}>{told.join(" · ")}</p>}
          <ul className={styles.numbers}>
            {items.map((item) => (
              <Chip key={item.number} item={item} locked={locked} onRemove={() => onChange(withoutNumber(written, item.given))} />
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

function Chip({ item, locked, onRemove }: { item: CheckedNumber; locked: boolean; onRemove: () => void }) {
  const { t } = useTranslation("newText");
  const refused = item.refusal !== "";
  const shown = address(item.number);
  const Icon = item.refusal === "opted_out" ? BellOff : CircleAlert;
  return (
    <li className={refused ? styles.refused : ""} data-testid="new-text-number" data-refusal={item.refusal}>
      {refused && <Icon size={14} aria-hidden="true" />}
      <span className={styles.who}>
        <bdi>{item.name ?? shown}</bdi>
        {item.name && <small>{shown}</small>}
        {refused && <em>{refusalOf(t, item.refusal, { owner: item.owner ?? undefined })}</em>}
      </span>
      <button type="button" disabled={locked} aria-label={t("remove", { number: shown })} title={t("remove", { number: shown })} onClick={onRemove}>
        <X size={13} />
      </button>
    </li>
  );
}
