import { Pencil } from "lucide-react";
import { useRef, useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/Button";
import { usePersonDeed, type Person } from "./api";
import { Wrong } from "./Said";
import styles from "./Person.module.css";

/** The name, and behind it the pencil that makes it a field: Enter saves, Escape leaves it as it was. */
export function PersonName({ person, conversationId, shown }: { person: Person; conversationId: string; shown: string }) {
  const { t } = useTranslation("person");
  const deed = usePersonDeed(person.id, conversationId);
  const [draft, setDraft] = useState<string | null>(null);
  const pencil = useRef<HTMLButtonElement>(null);
  const leave = () => {
    setDraft(null);
    deed.reset();
    setTimeout(() => pencil.current?.focus());
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (draft === null || deed.isPending) return;
    deed.mutate({ do: "change", given: { name: draft } }, { onSuccess: leave });
  };
  if (draft === null)
    return (
      <div className={styles.name}>
        <h2 className={person.name ? "" : styles.unknown}>{shown}</h2>
        <button ref={pencil} type="button" className={styles.pencil} aria-label={t("name.edit")} title={t("name.edit")} data-testid="name-edit" onClick={() => setDraft(person.name)}>
          <Pencil size={14} aria-hidden="true" />
        </button>
      </div>
    );
  return (
    <form className={styles.nameForm} onSubmit={submit}>
      <input
        autoFocus
        aria-label={t("name.field")}
        aria-invalid={deed.isError}
        maxLength={200}
        value={draft}
        data-testid="name-field"
        onChange={(event) => setDraft(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.stopPropagation();
          leave();
        }}
      />
      <div className={styles.row}>
        <Button size="small" onClick={leave}>
          {t("cancel")}
        </Button>
        <Button size="small" look="primary" type="submit" disabled={deed.isPending} data-testid="name-save">
          {t("save")}
        </Button>
      </div>
      <Wrong failure={deed.error} />
    </form>
  );
}
