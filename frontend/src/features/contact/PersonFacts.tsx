import { X } from "lucide-react";
import { useEffect, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { usePersonDeed, type Person, type PersonField } from "./api";
import { Wrong } from "./Said";
import styles from "./Person.module.css";

interface Props {
  person: Person;
  conversationId: string;
}

export function PersonTags({ person, conversationId }: Props) {
  const { t } = useTranslation("person");
  const deed = usePersonDeed(person.id, conversationId);
  const id = useId();
  const mine = new Set(person.tags.map((one) => one.id));
  const others = person.all_tags.filter((one) => !mine.has(one.id));
  const put = (ids: string[]) => deed.mutate({ do: "change", given: { tag_ids: ids } });
  if (person.all_tags.length === 0) return null;
  return (
    <section data-testid="person-tags">
      <h3>{t("tags.title")}</h3>
      <ul className={styles.chips}>
        {person.tags.map((one) => (
          <li key={one.id}>
            <span>{one.name}</span>
            <button type="button" disabled={deed.isPending} aria-label={t("tags.remove", { name: one.name })} onClick={() => put([...mine].filter((other) => other !== one.id))}>
              <X size={13} aria-hidden="true" />
            </button>
          </li>
        ))}
      </ul>
      {person.tags.length === 0 && <p className={styles.faint}>{t("tags.none")}</p>}
      {others.length > 0 && (
        <>
          <label className="visually-hidden" htmlFor={id}>
            {t("tags.add")}
          </label>
          <select id={id} className={styles.control} value="" disabled={deed.isPending} data-testid="tag-add" onChange={(event) => event.target.value && put([...mine, event.target.value])}>
            <option value="">{t("tags.add")}</option>
            {others.map((one) => (
              <option key={one.id} value={one.id}>
                {one.name}
              </option>
            ))}
          </select>
        </>
      )}
      <Wrong failure={deed.error} />
    </section>
  );
}

/** Each is saved by itself, when it is left or chosen; what is wrong with one stands beside it and touches no other. */
export function PersonFields({ person, conversationId }: Props) {
  const { t } = useTranslation("person");
  return (
    <section data-testid="person-fields">
      <h3>{t("fields.title")}</h3>
      <LanguageField person={person} conversationId={conversationId} />
      {person.fields.map((field) => (
        <Field key={`${field.key}-${field.value ?? ""}`} field={field} person={person} conversationId={conversationId} />
      ))}
      {person.lists.length > 0 && (
        <p className={styles.lists}>
          <span>{t("lists.title")}</span> {person.lists.map((one) => one.name).join(", ")}
        </p>
      )}
    </section>
  );
}

function LanguageField({ person, conversationId }: Props) {
  const { t } = useTranslation("person");
  const deed = usePersonDeed(person.id, conversationId);
  const id = useId();
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{t("merge.field.language")}</label>
      <select id={id} className={styles.control} value={person.language} disabled={deed.isPending} onChange={(event) => deed.mutate({ do: "change", given: { language: event.target.value as "" | "fr" | "en" } })}>
        <option value="">{t("languages.none")}</option>
        <option value="fr">{t("languages.fr")}</option>
        <option value="en">{t("languages.en")}</option>
      </select>
      <Wrong failure={deed.error} />
    </div>
  );
}

function Field({ field, person, conversationId }: Props & { field: PersonField }) {
  const { t } = useTranslation("person");
  const deed = usePersonDeed(person.id, conversationId);
  const id = useId();
  const stored = field.value ?? "";
  const [draft, setDraft] = useState(stored);
  useEffect(() => setDraft(stored), [stored]);
  const save = (value: string) => {
    if (value.trim() !== stored) deed.mutate({ do: "change", given: { values: { [field.key]: value.trim() === "" ? null : value } } });
    else deed.reset();
  };
  const about = { id, className: styles.control, "data-testid": `field-${field.key}`, "aria-invalid": deed.isError, "aria-describedby": deed.isError ? `${id}-wrong` : undefined };
  const options = field.type === "boolean" ? [["true", t("fields.yes")], ["false", t("fields.no")]] : field.type === "choice" ? field.choices.map((one) => [one, one]) : null;
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{field.name}</label>
      {options ? (
        <select {...about} value={draft} disabled={deed.isPending} onChange={(event) => { setDraft(event.target.value); save(event.target.value); }}>
          <option value="">{t("fields.unset")}</option>
          {options.map(([value, name]) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </select>
      ) : (
        <input
          {...about}
          type={field.type === "date" ? "date" : "text"}
          inputMode={field.type === "number" ? "decimal" : undefined}
          maxLength={300}
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
          onBlur={() => save(draft)}
          onKeyDown={(event) => {
            if (event.key === "Enter") save(draft);
            if (event.key !== "Escape") return;
            event.stopPropagation();
            setDraft(stored);
            deed.reset();
          }}
        />
      )}
      <Wrong failure={deed.error} id={`${id}-wrong`} />
    </div>
  );
}
