import { Split, UsersRound } from "lucide-react";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { address, fullTime } from "@/ui/format";
import { Skeleton } from "@/ui/States";
import { useAlike, usePersonDeed, type Alike, type Person } from "./api";
import { Wrong } from "./Said";
import styles from "./Person.module.css";

interface Props {
  person: Person;
  conversationId: string;
}
type Side = "kept" | "gone";

/** Which contacts this person is, and the ways to put them together and apart. */
export function MergePeople({ person, conversationId }: Props) {
  const { t } = useTranslation("person");
  const deed = usePersonDeed(person.id, conversationId);
  const [asking, setAsking] = useState(false);
  if (person.merges.length === 0 && !person.may_merge) return null;
  return (
    <section data-testid="person-merges">
      <h3>{t("merge.title")}</h3>
      <ul className={styles.notes}>
        {person.merges.map((one) => (
          <li key={one.id}>
            <p className={styles.noteBody}>{t("merge.parts", { who: [one.name, ...one.addresses.map(address)].filter(Boolean).join(" · ") })}</p>
            <p className={styles.noteBy}>{t("merge.by", { by: one.by, when: fullTime(one.at) })}</p>
            {person.may_merge && (
              <Button size="small" icon={<Split size={14} />} disabled={deed.isPending} data-testid="split" onClick={() => deed.mutate({ do: "split", merge_id: one.id })}>
                {t("merge.split")}
              </Button>
            )}
          </li>
        ))}
      </ul>
      <Wrong failure={deed.error} />
      {person.may_merge && (
        <Button look="quiet" size="small" icon={<UsersRound size={15} />} data-testid="merge" onClick={() => setAsking(true)}>
          {t("merge.open")}
        </Button>
      )}
      {asking && <MergeDialog person={person} conversationId={conversationId} onClose={() => setAsking(false)} />}
    </section>
  );
}

function MergeDialog({ person, conversationId, onClose }: Props & { onClose: () => void }) {
  const { t } = useTranslation("person");
  const alike = useAlike(person.id);
  const [other, setOther] = useState<Alike | null>(null);
  return (
    <Dialog title={t("merge.dialog")} closeLabel={t("cancel")} onClose={onClose}>
      <div className={styles.dialog}>
        <p>{t("merge.lead")}</p>
        {other ? (
          <Choices person={person} conversationId={conversationId} other={other} onBack={() => setOther(null)} onClose={onClose} />
        ) : alike.isPending ? (
          <Skeleton rows={2} look="lines" label={t("merge.looking")} />
        ) : alike.isError ? (
          <>
            <p role="alert">{t("failed")}</p>
            <Button onClick={() => void alike.refetch()}>{t("retry")}</Button>
          </>
        ) : alike.data.items.length === 0 ? (
          <p className={styles.faint} data-testid="alike-none">
            {t("merge.none")}
          </p>
        ) : (
          <ul className={styles.notes}>
            {alike.data.items.map((one) => (
              <li key={one.id} data-testid="alike">
                <p className={styles.noteBody}>{[one.name, ...one.addresses.map(address)].filter(Boolean).join(" · ")}</p>
                <p className={styles.noteBy}>{one.why === "value" ? t("merge.value", { attribute: one.attribute, said: one.said }) : t("merge.nameWhy")}</p>
                <Button size="small" data-testid="alike-choose" onClick={() => setOther(one)}>
                  {t("merge.choose")}
                </Button>
              </li>
            ))}
          </ul>
        )}
      </div>
    </Dialog>
  );
}

/** What stays where the two differ: the rest goes without saying. */
function Choices({ person, conversationId, other, onBack, onClose }: Props & { other: Alike; onBack: () => void; onClose: () => void }) {
  const { t } = useTranslation("person");
  const deed = usePersonDeed(person.id, conversationId);
  const [chosen, setChosen] = useState<Record<string, Side>>({});
  const differ: { key: string; label: string; kept: string; gone: string }[] = [];
  if (person.name && other.name && person.name !== other.name) differ.push({ key: "name", label: t("merge.field.name"), kept: person.name, gone: other.name });
  if (person.language && other.language && person.language !== other.language)
    differ.push({ key: "language", label: t("merge.field.language"), kept: t(`languages.${person.language as "fr"}`), gone: t(`languages.${other.language as "fr"}`) });
  for (const theirs of other.fields) {
    const mine = person.fields.find((one) => one.key === theirs.key);
    if (mine?.value && theirs.value && mine.value !== theirs.value) differ.push({ key: `values.${theirs.key}`, label: theirs.name, kept: mine.value, gone: theirs.value });
  }
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (deed.isPending) return;
    const values = Object.fromEntries(Object.entries(chosen).flatMap(([key, side]) => (key.startsWith("values.") ? [[key.slice(7), side]] : [])));
    deed.mutate({ do: "merge", given: { other_id: other.id, name: chosen.name ?? null, language: chosen.language ?? null, values } }, { onSuccess: onClose });
  };
  return (
    <form className={styles.choices} onSubmit={submit}>
      {differ.length > 0 && <p>{t("merge.keep")}</p>}
      {differ.map(({ key, label, kept, gone }) => (
        <fieldset key={key}>
          <legend>{label}</legend>
          {([["kept", kept], ["gone", gone]] as const).map(([side, value]) => (
            <label key={side}>
              <input type="radio" name={key} checked={(chosen[key] ?? "kept") === side} onChange={() => setChosen({ ...chosen, [key]: side })} />
              <span>{value}</span>
            </label>
          ))}
        </fieldset>
      ))}
      <Wrong failure={deed.error} />
      <div className={styles.row}>
        <Button onClick={onBack}>{t("merge.back")}</Button>
        <Button type="submit" look="primary" disabled={deed.isPending} data-testid="merge-save">
          {t("merge.do")}
        </Button>
      </div>
    </form>
  );
}
