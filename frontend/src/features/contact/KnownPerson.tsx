import { useTranslation } from "react-i18next";
import { Button } from "@/ui/Button";
import { fullTime } from "@/ui/format";
import { Skeleton } from "@/ui/States";
import type { usePerson, Person } from "./api";
import { BlockButton } from "./BlockPerson";
import { Journey, RecordLink } from "./Journey";
import { MergePeople } from "./MergePeople";
import { PersonFields, PersonTags } from "./PersonFacts";
import { PersonNotes } from "./PersonNotes";
import styles from "./Person.module.css";

interface Props {
  known: ReturnType<typeof usePerson>;
  conversationId: string;
  onOpen: (conversationId: string) => void;
}

/** What is known of the person beyond this conversation, each part changed where it stands. */
export function KnownPerson({ known, conversationId, onOpen }: Props) {
  const { t } = useTranslation("person");
  if (!known.data)
    return known.isError ? (
      <section>
        <p role="alert" className={styles.faint}>
          {t("failed")}
        </p>
        <Button size="small" onClick={() => void known.refetch()}>
          {t("retry")}
        </Button>
      </section>
    ) : (
      <Skeleton rows={3} look="lines" label={t("loading")} />
    );
  const props = { person: known.data, conversationId };
  return (
    <>
      {known.data.record && <RecordLink record={known.data.record} />}
      <PersonTags {...props} />
      <PersonFields key={known.data.id} {...props} />
      <PersonNotes key={`notes-${known.data.id}`} {...props} />
      <Journey {...props} onOpen={onOpen} />
      <MergePeople {...props} />
      <BlockButton {...props} />
    </>
  );
}

/** Below a number: whether it may be texted, and what was said about it. */
export function AddressConsent({ of }: { of: Person["addresses"][number] }) {
  const { t } = useTranslation("person");
  const kinds = ["opt_out", "opt_in", "help"] as const;
  const sources = ["text", "desk", "provider"] as const;
  return (
    <>
      {of.opted_out_at !== null && <span className={styles.stopped}>{t("stopped", { when: fullTime(of.opted_out_at) })}</span>}
      {of.said.length > 0 && (
        <details className={styles.saidOf}>
          <summary>{t("said")}</summary>
          <ul>
            {of.said.map((one) => (
              <li key={one.at}>
                {t(`saidOf.${kinds.find((kind) => kind === one.kind) ?? "other"}`)} · {fullTime(one.at)} · {one.by ?? t(`source.${sources.find((source) => source === one.source) ?? "otherwise"}`)}
                {one.words && ` · ${one.words}`}
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}
