import { Paperclip, X } from "lucide-react";
import { useRef, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import type { Capabilities } from "@/api/types";
import { percent } from "@/ui/format";
import { attach, detach, hearAttached, readAttached, type Attached as One } from "./attached";
import styles from "./Attached.module.css";

const MB = 1_000_000;

export function useAttached(conversationId: string): readonly One[] {
  return useSyncExternalStore(hearAttached, () => readAttached(conversationId));
}

/** Adds what was chosen, dropped or pasted, as far as the line carries it. */
export function useAttach(conversationId: string, can: Capabilities | undefined): (files: Iterable<File>) => void {
  const { t } = useTranslation("conversation");
  return (files) => {
    for (const file of files) {
      const there = readAttached(conversationId).filter(({ error }) => error === null);
      const most = can?.most_media ?? 0;
      const largest = can?.largest_media ?? 0;
      const octets = there.reduce((sum, { size }) => sum + size, file.size);
      const refusal =
        there.length >= most ? t("attachment.tooMany", { count: most })
        : octets > largest ? t("attachment.tooLarge", { most: Math.floor(largest / MB) })
        : null;
      void attach(conversationId, file, refusal);
    }
  };
}

interface ButtonProps {
  accepts: string[];
  onFiles: (files: File[]) => void;
}

export function AttachButton({ accepts, onFiles }: ButtonProps) {
  const { t } = useTranslation("conversation");
  const file = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={file}
        type="file"
        multiple
        accept={accepts.join(",")}
        className="visually-hidden"
        tabIndex={-1}
        aria-label={t("attachment.add")}
        data-testid="attach-file"
        onChange={(event) => {
          onFiles([...(event.target.files ?? [])]);
          event.target.value = "";
        }}
      />
      <button type="button" className={styles.add} title={t("attachment.add")} aria-label={t("attachment.add")} onClick={() => file.current?.click()}>
        <Paperclip size={16} aria-hidden="true" />
      </button>
    </>
  );
}

export function AttachedList({ conversationId, items }: { conversationId: string; items: readonly One[] }) {
  const { t } = useTranslation("conversation");
  if (items.length === 0) return null;
  return (
    <ul className={styles.list} aria-label={t("attachment.list")} aria-live="polite">
      {items.map((one) => {
        const { key, name, id, error, progress } = one;
        return (
          <li key={key} className={error === null ? styles.one : `${styles.one} ${styles.bad}`} data-testid="attached">
            <span>
              {error !== null
                ? t("attachment.failed", { name, reason: error || t("refusal.unreachable") })
                : id === null
                  ? t("attachment.sending", { name, percent: percent(progress) })
                  : t("attachment.there", { name })}
            </span>
            <button type="button" aria-label={t("attachment.remove", { name })} onClick={() => detach(conversationId, one)}>
              <X size={14} aria-hidden="true" />
            </button>
          </li>
        );
      })}
    </ul>
  );
}
