import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, get, put } from "@/api/fetch";
import type { MediaKept as Policy } from "@/api/types";
import { Button } from "@/ui/Button";
import { toast } from "@/ui/toasts";
import { adminKey } from "./api";
import styles from "./Admin.module.css";
import look from "./Numbers.module.css";

const key = [...adminKey, "media"];

/** How long pictures, sounds and films are kept, and how much of them one sender may leave in a day. */
export function MediaKept() {
  const kept = useQuery({ queryKey: key, queryFn: ({ signal }) => get<Policy>("/api/admin/media", signal), retry: 1 });
  // Filled once with what holds: a form that changes under the hands loses what was typed.
  return kept.data ? <Form key={`${kept.data.keep_days} ${kept.data.sender_mb}`} policy={kept.data} /> : null;
}

function Form({ policy }: { policy: Policy }) {
  const { t } = useTranslation("admin");
  const client = useQueryClient();
  const [days, setDays] = useState(policy.keep_days === null ? "" : String(policy.keep_days));
  const [mb, setMb] = useState(String(policy.sender_mb));
  const save = useMutation({
    mutationFn: () => put<Policy>("/api/admin/media", { keep_days: days.trim() === "" ? null : Number(days), sender_mb: Number(mb) }),
    onSuccess: (now) => {
      client.setQueryData(key, now);
      toast(t("media.saved"));
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <section className={`${look.section} ${look.below}`}>
      <h2>{t("media.title")}</h2>
      <p className={look.text}>{t("media.text")}</p>
      <form className={look.row} onSubmit={submit}>
        <label className={look.find}>
          <span>{t("media.keep_days")}</span>
          <input type="number" min={1} max={3650} value={days} placeholder={t("media.forEver")} onChange={(event) => setDays(event.target.value)} />
        </label>
        <label className={look.find}>
          <span>{t("media.sender_mb")}</span>
          <input type="number" min={1} max={10_000} required value={mb} onChange={(event) => setMb(event.target.value)} />
        </label>
        <Button type="submit" disabled={save.isPending}>{t("save")}</Button>
      </form>
      {save.error && (
        <p className={styles.error} role="alert">
          {save.error instanceof ApiError && save.error.message ? save.error.message : t("unreachable")}
        </p>
      )}
    </section>
  );
}
