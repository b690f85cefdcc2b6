import { ExternalLink } from "lucide-react";
import { useTranslation } from "react-i18next";
import { findLine, useSession } from "@/api/session";
import { address, shortDate } from "@/ui/format";
import type { Person } from "./api";
import styles from "./Person.module.css";

interface Props {
  person: Person;
  conversationId: string;
  onOpen: (conversationId: string) => void;
}

/** What is open with this person, and the last contacts on whatever line: when, where, what came of it, with whom. */
export function Journey({ person, conversationId, onOpen }: Props) {
  const { t } = useTranslation("person");
  const open = person.open_cases.filter((one) => one.id !== conversationId);
  const over = person.journey.filter((one) => one.id !== conversationId);
  return (
    <>
      {open.length > 0 && (
        <section data-testid="open-cases">
          <h3>{t("cases.title")}</h3>
          <Steps steps={open} several={person.addresses.length > 1} onOpen={onOpen} />
        </section>
      )}
      <section data-testid="journey">
        <h3>{t("journey.title")}</h3>
        {over.length === 0 ? <p className={styles.faint}>{t("journey.none")}</p> : <Steps steps={over} several={person.addresses.length > 1} onOpen={onOpen} />}
      </section>
    </>
  );
}

function Steps({ steps, several, onOpen }: { steps: Person["journey"]; several: boolean; onOpen: (id: string) => void }) {
  const { t } = useTranslation("person");
  const session = useSession();
  return (
    <ul className={styles.steps}>
      {steps.map((one) => (
        <li key={one.id}>
          <button type="button" onClick={() => onOpen(one.id)}>
            <span className={styles.stepHead}>
              <time dateTime={one.opened_at}>{shortDate(one.opened_at)}</time>
              <span>
                {one.medium.toUpperCase()} · {findLine(session, one.line_id)?.address}
              </span>
            </span>
            <span>
              {[one.disposition ?? t(`status.${one.outcome as "open"}`), one.agent, several ? address(one.address) : null].filter(Boolean).join(" · ")}
            </span>
            {one.preview && (
              <span className={styles.preview} dir="auto">
                {one.preview}
              </span>
            )}
          </button>
        </li>
      ))}
    </ul>
  );
}

/** The client's own record: where it leads is said before anybody follows it, and it learns nothing of us. */
export function RecordLink({ record }: { record: NonNullable<Person["record"]> }) {
  const { t } = useTranslation("person");
  return (
    <p className={styles.record}>
      <a href={record.url} target="_blank" rel="noopener noreferrer" data-testid="record-link">
        <ExternalLink size={15} aria-hidden="true" />
        {t("record", { name: record.name })}
      </a>
      <small>{t("recordAt", { host: record.host })}</small>
    </p>
  );
}
