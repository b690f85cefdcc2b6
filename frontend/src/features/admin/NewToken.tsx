import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Copy } from "lucide-react";
import { useEffect, useRef, useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, post } from "@/api/fetch";
import { useSession } from "@/api/session";
import type { MadeToken } from "@/api/types";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { toast } from "@/ui/toasts";
import { typeset } from "@/ui/typeset";
import { adminKey } from "./api";
import styles from "./Admin.module.css";
import look from "./Applications.module.css";

const PER_MINUTE = "600";

/** Names an application and its lines; then its token, which is shown this once. */
export function NewToken({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("admin");
  const [made, setMade] = useState<MadeToken | null>(null);
  return (
    <Dialog title={made ? made.name : t("applications.add")} closeLabel={t("close")} look="side" onlyByButton={made !== null} onClose={onClose}>
      {made ? <Once made={made} onClose={onClose} /> : <Form onMade={setMade} onClose={onClose} />}
    </Dialog>
  );
}

function Form({ onMade, onClose }: { onMade: (made: MadeToken) => void; onClose: () => void }) {
  const { t } = useTranslation("admin");
  const { lines } = useSession();
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState<string[]>([]);
  const [perMinute, setPerMinute] = useState(PER_MINUTE);
  const form = useRef<HTMLFormElement>(null);
  const make = useMutation({
    mutationFn: () => post<MadeToken>("/api/admin/tokens", { name, line_ids: chosen, per_minute: Number(perMinute) }),
    onSuccess: (made) => {
      onMade(made);
      void client.invalidateQueries({ queryKey: [...adminKey, "tokens"] });
    },
  });
  const failure = make.error;
  const errors = failure instanceof ApiError ? failure.fields : {};
  useEffect(() => {
    if (failure) form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [failure]);
  const toggle = (id: string) => setChosen((now) => (now.includes(id) ? now.filter((one) => one !== id) : [...now, id]));
  const said = (field: string) => errors[field] && (
    <p id={`token-${field}-error`} className={styles.error}>
      {typeset(errors[field])}
    </p>
  );
  const marks = (field: string) => ({ id: `token-${field}`, "aria-invalid": errors[field] ? true : undefined, "aria-describedby": errors[field] ? `token-${field}-error` : undefined });
  const elsewhere = failure && !["name", "line_ids", "per_minute"].some((field) => errors[field]);
  return (
    <form
      ref={form}
      className={styles.form}
      noValidate
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        make.mutate();
      }}
    >
      <div className={styles.fields}>
        <div className={styles.field}>
          <label htmlFor="token-name">{t("applications.name")}</label>
          <input {...marks("name")} type="text" autoComplete="off" value={name} onChange={(event) => setName(event.target.value)} />
          <p className={styles.hint}>{t("applications.nameHint")}</p>
          {said("name")}
        </div>
        <fieldset className={styles.field}>
          <legend>{t("applications.lines")}</legend>
          {lines.map((line, place) => (
            <label key={line.id} className={styles.check}>
              <input {...(place === 0 ? marks("line_ids") : {})} type="checkbox" checked={chosen.includes(line.id)} onChange={() => toggle(line.id)} />
              <span>
                {line.address} · {line.name}
              </span>
            </label>
          ))}
          {said("line_ids")}
        </fieldset>
        <div className={styles.field}>
          <label htmlFor="token-per_minute">{t("applications.perMinute")}</label>
          <input {...marks("per_minute")} type="text" inputMode="numeric" value={perMinute} onChange={(event) => setPerMinute(event.target.value.replace(/\D/g, ""))} />
          {said("per_minute")}
        </div>
      </div>
      <div className={styles.formFoot}>
        <p role="alert" className={styles.error}>
          {elsewhere ? (failure instanceof ApiError && failure.message ? typeset(failure.message) : t("failed", { reason: t("unreachable") })) : ""}
        </p>
        <Button onClick={onClose}>{t("cancel")}</Button>
        <Button type="submit" look="primary" disabled={make.isPending}>
          {make.isPending ? t("saving") : t("applications.create")}
        </Button>
      </div>
    </form>
  );
}

function Once({ made, onClose }: { made: MadeToken; onClose: () => void }) {
  const { t } = useTranslation("admin");
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.select(), []);
  const copy = () => void navigator.clipboard?.writeText(made.token).then(() => toast(t("applications.copied")), () => undefined);
  const call = [
    `curl ${location.origin}/api/v1/texts \\`,
    `  -H "Authorization: Bearer ${made.token.slice(0, 12)}…" \\`,
    `  -H "Idempotency-Key: $(uuidgen)" -H "Content-Type: application/json" \\`,
    `  -d '{"line_id": "${made.line_ids[0] ?? ""}", "to": ["+2290197000001"], "body": "Bonjour"}'`,
  ].join("\n");
  return (
    <div className={styles.form}>
      <div className={styles.fields}>
        <p className={look.once} role="status">
          {t("applications.once")}
        </p>
        <div className={styles.field}>
          <label htmlFor="token-made">{t("applications.token")}</label>
          <div className={styles.copy}>
            <input ref={field} id="token-made" type="text" readOnly value={made.token} data-testid="token-made" onFocus={(event) => event.target.select()} />
            <Button square aria-label={t("applications.copy")} icon={<Copy size={16} />} onClick={copy} />
          </div>
        </div>
        <p className={styles.hint}>{t("applications.how")}</p>
        <pre className={look.call} tabIndex={0}>
          {call}
        </pre>
      </div>
      <div className={styles.formFoot}>
        <Button look="primary" onClick={onClose}>
          {t("applications.ready")}
        </Button>
      </div>
    </div>
  );
}
