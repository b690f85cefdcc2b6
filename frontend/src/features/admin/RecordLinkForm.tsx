import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { get, put } from "@/api/fetch";
import type { Schemas } from "@/api/types";
import { Button } from "@/ui/Button";
import { Skeleton } from "@/ui/States";
import { toast } from "@/ui/toasts";
import { adminKey } from "./api";
import { useReason } from "./ListsSection";
import styles from "./Admin.module.css";
import look from "./Filter.module.css";

type Settings = Schemas["RecordSettings"];
const key = [...adminKey, "record-link"];

/** Where the client's own system shows a person: checked by the server, which knows the attributes. */
export function RecordLinkForm() {
  const { t } = useTranslation("recordLink");
  const stored = useQuery({ queryKey: key, queryFn: ({ signal }) => get<Settings>("/api/admin/record-link", signal), retry: 1 });
  return (
    <section className={look.section} aria-labelledby="record-title">
      <h2 id="record-title">{t("title")}</h2>
      <p className={styles.hint}>{t("lead")}</p>
      {stored.data ? (
        <Form key={JSON.stringify(stored.data)} stored={stored.data} />
      ) : stored.isError ? (
        <>
          <p role="alert" className={styles.error}>{t("failed")}</p>
          <Button size="small" onClick={() => void stored.refetch()}>{t("retry")}</Button>
        </>
      ) : (
        <Skeleton rows={1} look="lines" label={t("loading")} />
      )}
    </section>
  );
}

function Form({ stored }: { stored: Settings }) {
  const { t } = useTranslation("recordLink");
  const client = useQueryClient();
  const reason = useReason();
  const [name, setName] = useState(stored.name);
  const [template, setTemplate] = useState(stored.template);
  const save = useMutation({
    mutationFn: () => put<Settings>("/api/admin/record-link", { name, template }),
    onSuccess: (saved) => {
      client.setQueryData(key, saved);
      toast(t("saved"));
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!save.isPending) save.mutate();
  };
  return (
    <form onSubmit={submit} data-testid="record-link-form">
      <div className={look.row}>
        <label>
          <span>{t("name")}</span>
          <input className={look.select} maxLength={60} value={name} data-testid="record-name" onChange={(event) => setName(event.target.value)} />
        </label>
        <label className={look.grow}>
          <span>{t("template")}</span>
          <input className={look.select} inputMode="url" spellCheck={false} maxLength={500} placeholder={t("example")} aria-describedby="record-empty" value={template} data-testid="record-template" onChange={(event) => setTemplate(event.target.value)} />
        </label>
        <Button type="submit" disabled={save.isPending || (name === stored.name && template === stored.template)} data-testid="record-save">
          {t("save")}
        </Button>
      </div>
      <p id="record-empty" className={styles.hint}>{t("empty")}</p>
      <p role="alert" className={styles.error}>{save.error ? reason(save.error) : ""}</p>
    </form>
  );
}
