import { Bot, Copy, Languages, Phone, Signpost, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useDetail } from "@/api/detail";
import { findLine, isObserver, useSession } from "@/api/session";
import { Avatar } from "@/ui/Avatar";
import { Button } from "@/ui/Button";
import { address, fullTime, shortDate } from "@/ui/format";
import { Skeleton } from "@/ui/States";
import { toast } from "@/ui/toasts";
import { typeset } from "@/ui/typeset";
import type { ContactDetail } from "@/api/types";
import { usePerson, type Person } from "./api";
import { Blocked } from "./BlockPerson";
import { Consent } from "./Consent";
import { AddressConsent, KnownPerson } from "./KnownPerson";
import { PersonName } from "./PersonName";
import { WrongNumber } from "./WrongNumber";
import look from "./Person.module.css";
import styles from "./PersonPanel.module.css";

const REASONS = ["asked", "unsure", "failed", "rule", "filter", "opt_out_hint", "opted_out", "after_hours", "callback", "ladder", "keyword", "vip", "mood", "loop"] as const;

interface PersonPanelProps {
  id: string;
  onOpen: (conversationId: string) => void;
  onClose: () => void;
}

export function PersonPanel({ id, onOpen, onClose }: PersonPanelProps) {
  const { t } = useTranslation("contact");
  const session = useSession();
  const { data, isError } = useDetail(id);
  const known = usePerson(data && !isObserver(session) ? data.contact.id : null);

  if (!data)
    return (
      <div className={styles.panel}>
        <div className={styles.top}>
          <Button look="quiet" square className={styles.close} aria-label={t("close")} icon={<X size={18} />} onClick={onClose} />
        </div>
        {isError ? <p className={styles.faint}>{t("error")}</p> : <Skeleton rows={4} look="lines" label={t("loading")} />}
      </div>
    );
  const { conversation, contact } = data;
  const line = findLine(session, conversation.line_id);
  const language = contact.language === "fr" || contact.language === "en" ? contact.language : null;
  const reason = REASONS.find((one) => one === conversation.handover?.reason) ?? "other";
  const copy = (value: string) =>
    void navigator.clipboard?.writeText(value).then(() => toast(t("copied")), () => undefined);

  return (
    <div className={styles.panel}>
      <div className={styles.top}>
        <Button look="quiet" square className={styles.close} aria-label={t("close")} icon={<X size={18} />} onClick={onClose} />
        <Avatar name={contact.name} size={56} />
        {known.data ? (
          <PersonName key={known.data.id} person={known.data} conversationId={id} shown={contact.name ?? t("unknown")} />
        ) : (
          <h2 className={contact.name ? "" : styles.unknown}>{contact.name ?? t(isObserver(session) ? "hidden" : "unknown")}</h2>
        )}
      </div>
      {known.data && <Blocked person={known.data} conversationId={id} />}

      <dl className={styles.facts}>
        {contact.addresses.map((one) => (
          <div key={one.value}>
            <dt>
              <Phone size={15} aria-hidden="true" />
              <span className="visually-hidden">{t("addresses")}</span>
            </dt>
            <dd>
              <span className={look.address}>
                {address(one.value)}
                <Consented of={known.data?.addresses.find(({ value }) => value === one.value)} />
              </span>
              {!isObserver(session) && (
                <button type="button" aria-label={t("copy")} title={t("copy")} onClick={() => copy(one.value)}>
                  <Copy size={14} />
                </button>
              )}
            </dd>
          </div>
        ))}
        <div>
          <dt>
            <Languages size={15} aria-hidden="true" />
            <span className="visually-hidden">{t("language")}</span>
          </dt>
          <dd className={language ? "" : styles.faint}>{t(`languages.${language ?? "unknown"}`)}</dd>
        </div>
        {line && (
          <div>
            <dt>
              <Signpost size={15} aria-hidden="true" />
              <span className="visually-hidden">{t("line")}</span>
            </dt>
            <dd>
              {line.address} · {line.name}
            </dd>
          </div>
        )}
      </dl>

      <section>
        <h3>{t("conversation")}</h3>
        <p className={styles.plain}>
          {t("opened", { when: fullTime(conversation.opened_at) })}
        </p>
        {conversation.handover && (
          <div className={styles.handover}>
            <p className={styles.reason}>
              <Bot size={15} aria-hidden="true" />
              {t(`reason.${reason}`)}
            </p>
            <Summary text={conversation.handover.summary} more={t("more")} />
          </div>
        )}
      </section>

      {contact.wrong_number && <WrongNumber wrong={contact.wrong_number} />}
      <Consent conversationId={id} contact={contact} number={conversation.contact.address} />

      {isObserver(session) ? <Previous contact={contact} onOpen={onOpen} /> : <KnownPerson known={known} conversationId={id} onOpen={onOpen} />}
    </div>
  );
}

/** Two lines say most; what the bot tried, the mood and the language are folded away below. */
function Summary({ text, more }: { text: string; more: string }) {
  const lines = text.split("\n").filter(Boolean);
  if (lines.length === 0) return null;
  return (
    <>
      {lines.slice(0, 2).map((line) => (
        <p key={line}>{typeset(line)}</p>
      ))}
      {lines.length > 2 && (
        <details>
          <summary>{more}</summary>
          {lines.slice(2).map((line) => (
            <p key={line}>{typeset(line)}</p>
          ))}
        </details>
      )}
    </>
  );
}

/** Of whoever is only looked at: that there was something before. */
function Previous({ contact, onOpen }: { contact: ContactDetail; onOpen: (conversationId: string) => void }) {
  const { t } = useTranslation("contact");
  const session = useSession();
  return (
    <section>
      <h3>{t("previous")}</h3>
      {contact.previous.length === 0 ? (
        <p className={`${styles.plain} ${styles.faint}`}>{t("noPrevious")}</p>
      ) : (
        <ul className={styles.previous}>
          {contact.previous.map((one) => (
            <li key={one.id}>
              <button type="button" onClick={() => onOpen(one.id)}>
                <span className={styles.when}>
                  <time dateTime={one.opened_at}>{shortDate(one.opened_at)}</time>
                  <span>{findLine(session, one.line_id)?.address}</span>
                </span>
                <span className={styles.preview}>{one.preview}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Consented({ of }: { of: Person["addresses"][number] | undefined }) {
  return of ? <AddressConsent of={of} /> : null;
}
