import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus, X } from "lucide-react";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { get, post, put, query, remove } from "@/api/fetch";
import type { Attribute, AttributeType, KnownPerson, Tag } from "@/api/types";
import { Button } from "@/ui/Button";
import { address } from "@/ui/format";
import { Skeleton } from "@/ui/States";
import { toast } from "@/ui/toasts";
import { adminKey } from "./api";
import { useReason } from "./ListsSection";
import { RecordLinkForm } from "./RecordLinkForm";
import { Table } from "./tables";
import styles from "./Admin.module.css";
import look from "./Filter.module.css";

const TYPES: AttributeType[] = ["text", "number", "date", "choice", "boolean"];

export function useTags() {
  return useQuery({ queryKey: [...adminKey, "tags"], queryFn: ({ signal }) => get<{ items: Tag[] }>("/api/admin/tags", signal), retry: 1 });
}

export function useAttributes() {
  return useQuery({ queryKey: [...adminKey, "attributes"], queryFn: ({ signal }) => get<{ items: Attribute[] }>("/api/admin/attributes", signal), retry: 1 });
}

/** Words and typed facts that are known of people. */
export function TagsSection() {
  const { t } = useTranslation("admin");
  return (
    <>
      <header className={styles.head}>
        <div>
          <h1>{t("sections.tags")}</h1>
          <p>{t("tags.lead")}</p>
        </div>
      </header>
      <Tags />
      <Attributes />
      <Person />
      <RecordLinkForm />
    </>
  );
}

function Tags() {
  const { t } = useTranslation("admin");
  const client = useQueryClient();
  const reason = useReason();
  const tags = useTags();
  const [name, setName] = useState("");
  const fresh = () => client.invalidateQueries({ queryKey: [...adminKey, "tags"] });
  const add = useMutation({
    mutationFn: () => post<Tag>("/api/admin/tags", { name }),
    onSuccess: async () => {
      setName("");
      await fresh();
    },
  });
  const drop = useMutation({ mutationFn: (id: string) => remove(`/api/admin/tags/${id}`), onSuccess: fresh });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim()) add.mutate();
  };
  const failure = add.error ?? drop.error;
  return (
    <section className={look.section} aria-labelledby="tags-title">
      <h2 id="tags-title">{t("tags.tags")}</h2>
      {tags.data ? (
        tags.data.items.length === 0 ? (
          <p className={styles.hint}>{t("tags.noTags")}</p>
        ) : (
          <ul className={look.tags} data-testid="tags">
            {tags.data.items.map((tag) => (
              <li key={tag.id}>
                <span>{tag.name}</span>
                <Button look="quiet" size="small" square aria-label={t("tags.removeTag", { name: tag.name })} icon={<X size={14} />} disabled={drop.isPending} onClick={() => drop.mutate(tag.id)} />
              </li>
            ))}
          </ul>
        )
      ) : (
        <Skeleton rows={1} look="lines" label={t("loading")} />
      )}
      <form className={look.row} onSubmit={submit}>
        <label className={look.grow}>
          <span className="visually-hidden">{t("tags.tagName")}</span>
          <input className={look.select} value={name} placeholder={t("tags.tagName")} maxLength={60} onChange={(event) => setName(event.target.value)} data-testid="tag-name" />
        </label>
        <Button type="submit" icon={<Plus size={16} aria-hidden="true" />} disabled={!name.trim() || add.isPending}>
          {t("tags.addTag")}
        </Button>
      </form>
      <p role="alert" className={styles.error}>{failure ? reason(failure) : ""}</p>
    </section>
  );
}

function Attributes() {
  const { t } = useTranslation("admin");
  const client = useQueryClient();
  const reason = useReason();
  const attributes = useAttributes();
  const [name, setName] = useState("");
  const [key, setKey] = useState("");
  const [type, setType] = useState<AttributeType>("text");
  const [choices, setChoices] = useState("");
  const fresh = () => client.invalidateQueries({ queryKey: [...adminKey, "attributes"] });
  const add = useMutation({
    mutationFn: () => post<Attribute>("/api/admin/attributes", { name, key, type, choices: type === "choice" ? choices.split(",").map((one) => one.trim()).filter(Boolean) : null }),
    onSuccess: async () => {
      setName("");
      setKey("");
      setChoices("");
      await fresh();
    },
  });
  const drop = useMutation({ mutationFn: (id: string) => remove(`/api/admin/attributes/${id}`), onSuccess: fresh });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate();
  };
  const failure = add.error ?? drop.error;
  return (
    <section className={look.section} aria-labelledby="attributes-title">
      <h2 id="attributes-title">{t("tags.attributes")}</h2>
      {attributes.data ? (
        <Table heads={[t("tags.name"), t("tags.key"), t("tags.type"), t("tags.removing")]} empty={attributes.data.items.length === 0} label={t("tags.attributes")}>
          {attributes.data.items.map((one) => (
            <tr key={one.id}>
              <th scope="row">{one.name}</th>
              <td>{one.key}</td>
              <td>
                {t(`tags.types.${one.type}`)}
                {one.choices.length > 0 && `: ${one.choices.join(", ")}`}
              </td>
              <td>
                <Button look="quiet" size="small" square aria-label={t("tags.removeAttribute", { name: one.name })} icon={<X size={14} />} disabled={drop.isPending} onClick={() => drop.mutate(one.id)} />
              </td>
            </tr>
          ))}
        </Table>
      ) : (
        <Skeleton rows={2} label={t("loading")} />
      )}
      <form className={look.form} onSubmit={submit} noValidate>
        <div className={styles.field}>
          <label htmlFor="attribute-name">{t("tags.name")}</label>
          <input id="attribute-name" value={name} maxLength={80} onChange={(event) => setName(event.target.value)} />
        </div>
        <div className={styles.field}>
          <label htmlFor="attribute-key">{t("tags.key")}</label>
          <input id="attribute-key" value={key} maxLength={40} aria-describedby="attribute-key-hint" autoCapitalize="none" onChange={(event) => setKey(event.target.value)} />
          <p id="attribute-key-hint" className={styles.hint}>{t("tags.keyHint")}</p>
        </div>
        <div className={styles.field}>
          <label htmlFor="attribute-type">{t("tags.type")}</label>
          <select id="attribute-type" value={type} onChange={(event) => setType(event.target.value as AttributeType)}>
            {TYPES.map((one) => (
              <option key={one} value={one}>{t(`tags.types.${one}`)}</option>
            ))}
          </select>
        </div>
        {type === "choice" && (
          <div className={styles.field}>
            <label htmlFor="attribute-choices">{t("tags.choices")}</label>
            <input id="attribute-choices" value={choices} onChange={(event) => setChoices(event.target.value)} />
          </div>
        )}
        <Button type="submit" icon={<Plus size={16} aria-hidden="true" />} disabled={add.isPending}>
          {t("tags.addAttribute")}
        </Button>
      </form>
      <p role="alert" className={styles.error}>{failure ? reason(failure) : ""}</p>
    </section>
  );
}

function Person() {
  const { t } = useTranslation("admin");
  const reason = useReason();
  const [typed, setTyped] = useState("");
  const find = useMutation({ mutationFn: () => get<KnownPerson>(`/api/admin/person${query({ number: typed })}`) });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (typed.trim()) find.mutate();
  };
  return (
    <section className={look.section} aria-labelledby="person-title">
      <h2 id="person-title">{t("tags.person")}</h2>
      <form className={look.row} onSubmit={submit}>
        <label className={look.grow}>
          <span className="visually-hidden">{t("tags.number")}</span>
          <input className={look.select} type="text" inputMode="tel" value={typed} placeholder={t("tags.number")} maxLength={40} onChange={(event) => setTyped(event.target.value)} data-testid="person-number" />
        </label>
        <Button type="submit" disabled={!typed.trim() || find.isPending}>
          {t("tags.find")}
        </Button>
      </form>
      <div role="status">
        {find.error && <p className={styles.error}>{reason(find.error)}</p>}
        {find.data && !find.data.is_known && <p className={styles.hint}>{t("tags.unknown")}</p>}
      </div>
      {find.data?.is_known && <Known key={JSON.stringify(find.data)} person={find.data} />}
    </section>
  );
}

function Known({ person }: { person: KnownPerson }) {
  const { t } = useTranslation("admin");
  const reason = useReason();
  const tags = useTags().data?.items ?? [];
  const attributes = useAttributes().data?.items ?? [];
  const [chosen, setChosen] = useState(person.tag_ids);
  const [values, setValues] = useState<Record<string, string>>(person.values);
  const save = useMutation({
    mutationFn: () => put<KnownPerson>("/api/admin/person", { number: person.number, tag_ids: chosen, values: Object.fromEntries(attributes.map(({ key }) => [key, values[key]?.trim() || null])) }),
    onSuccess: (now) => {
      setValues(now.values);
      toast(t("saved"));
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  const set = (key: string, value: string) => setValues((now) => ({ ...now, [key]: value }));
  return (
    <form className={look.form} onSubmit={submit} data-testid="person">
      <p>
        <strong>{address(person.number)}</strong> {person.name}
      </p>
      {tags.map((tag) => (
        <label key={tag.id} className={styles.check}>
          <input type="checkbox" checked={chosen.includes(tag.id)} onChange={(event) => setChosen((now) => (event.target.checked ? [...now, tag.id] : now.filter((id) => id !== tag.id)))} />
          <span>{tag.name}</span>
        </label>
      ))}
      {attributes.map((one) => (
        <div key={one.id} className={styles.field}>
          <label htmlFor={`value-${one.key}`}>{one.name}</label>
          {one.type === "choice" || one.type === "boolean" ? (
            <select id={`value-${one.key}`} value={values[one.key] ?? ""} onChange={(event) => set(one.key, event.target.value)}>
              <option value="">–</option>
              {one.type === "boolean" ? [<option key="true" value="true">{t("yes")}</option>, <option key="false" value="false">{t("no")}</option>] : one.choices.map((choice) => <option key={choice}>{choice}</option>)}
            </select>
          ) : (
            <input id={`value-${one.key}`} type={one.type === "date" ? "date" : "text"} inputMode={one.type === "number" ? "decimal" : undefined} value={values[one.key] ?? ""} onChange={(event) => set(one.key, event.target.value)} />
          )}
        </div>
      ))}
      <p role="alert" className={styles.error}>{save.error ? reason(save.error) : ""}</p>
      <Button type="submit" look="primary" disabled={save.isPending}>
        {t("tags.save")}
      </Button>
    </form>
  );
}
