import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, get, put } from "@/api/fetch";
import type { FrontFilter } from "@/api/types";
import { Button } from "@/ui/Button";
import { toast } from "@/ui/toasts";
import { adminKey } from "./api";
import { CheckCard } from "./CheckCard";
import { FilterTry } from "./FilterTry";
import { moved, newCheck, refusalOf, toDraft, toSent, type Draft, type DraftCheck } from "./filterDraft";
import { useReason } from "./ListsSection";
import { WayFields } from "./WayFields";
import styles from "./Admin.module.css";
import look from "./Filter.module.css";

/** The checks of one line, in their order; saved together. */
export function FilterEditor({ stored, storedKey, hasBot }: { stored: FrontFilter; storedKey: readonly unknown[]; hasBot: boolean }) {
  const { t } = useTranslation("admin");
  const client = useQueryClient();
  const reason = useReason();
  const [draft, setDraft] = useState<Draft>(() => toDraft(stored));
  const [said, say] = useState("");
  const [dragged, show] = useState<number | null>(null);
  // A drag is faster than a page that is drawn again.
  const held = useRef<number | null>(null);
  const drag = (place: number | null) => {
    held.current = place;
    show(place);
  };
  const [over, setOver] = useState<number | null>(null);
  const list = useRef<HTMLOListElement>(null);
  const save = useMutation({
    mutationFn: () => put<FrontFilter>(`/api/admin/lines/${stored.line_id}/filter`, toSent(draft)),
    onSuccess: async (now) => {
      client.setQueryData(storedKey, now);
      setDraft(toDraft(now));
      toast(t("filter.saved"));
      await client.invalidateQueries({ queryKey: [...adminKey, "filter-days", stored.line_id] });
    },
  });
  // A colleague's changes in the place of these.
  const again = useMutation({
    mutationFn: () => get<FrontFilter>(`/api/admin/lines/${stored.line_id}/filter`),
    onSuccess: (now) => {
      client.setQueryData(storedKey, now);
      setDraft(toDraft(now));
      save.reset();
    },
  });
  const changed = JSON.stringify(toSent(draft)) !== JSON.stringify(toSent(toDraft(stored)));
  const fields = save.error instanceof ApiError ? save.error.fields : {};

  const setChecks = (checks: DraftCheck[]) => setDraft((now) => ({ ...now, checks }));
  const change = (place: number, check: DraftCheck) => setChecks(draft.checks.map((one, index) => (index === place ? check : one)));
  /** `deed`: which button did it, so that the keyboard stays on it at its new place. */
  const move = (from: number, to: number, deed?: "up" | "down") => {
    if (to < 0 || to >= draft.checks.length || to === from) return;
    setChecks(moved(draft.checks, from, to));
    say(t("filter.moved", { place: to + 1 }));
    if (deed)
      requestAnimationFrame(() => {
        const item = list.current?.children[to];
        const wanted = item?.querySelector<HTMLButtonElement>(`[data-deed=${deed}]:not(:disabled)`) ?? item?.querySelector<HTMLButtonElement>("[data-deed]:not(:disabled)");
        wanted?.focus();
      });
  };

  return (
    <>
      <section className={look.section} aria-labelledby="checks-title">
        <label className={styles.check}>
          <input type="checkbox" role="switch" checked={draft.is_enabled} onChange={(event) => setDraft({ ...draft, is_enabled: event.target.checked })} data-testid="filter-on" />
          <span>{t("filter.on")}</span>
        </label>
        <h2 id="checks-title">{t("filter.checks")}</h2>
        {draft.checks.length === 0 && <p className={styles.hint}>{t("filter.none")}</p>}
        <ol ref={list} className={look.checks} data-testid="checks">
          {draft.checks.map((check, index) => (
            <li
              key={check.key}
              className={look.check}
              data-over={dragged !== null && over === index && over !== dragged}
              data-refused={refusalOf(fields, `checks.${index + 1}`) !== null}
              data-testid="check"
              onDragOver={(event) => {
                if (held.current === null) return;
                event.preventDefault();
                setOver(index);
              }}
              onDrop={(event) => {
                event.preventDefault();
                if (held.current !== null) move(held.current, index);
                drag(null);
                setOver(null);
              }}
            >
              <CheckCard
                check={check}
                place={index + 1}
                last={index === draft.checks.length - 1}
                hasBot={hasBot}
                refusal={refusalOf(fields, `checks.${index + 1}`)}
                onChange={(to) => change(index, to)}
                onUp={() => move(index, index - 1, "up")}
                onDown={() => move(index, index + 1, "down")}
                onRemove={() => setChecks(draft.checks.filter((_, other) => other !== index))}
                onDragStart={() => drag(index)}
                onDragEnd={() => {
                  drag(null);
                  setOver(null);
                }}
              />
            </li>
          ))}
        </ol>
        <Button icon={<Plus size={16} aria-hidden="true" />} onClick={() => setChecks([...draft.checks, newCheck()])} data-testid="add-check">
          {t("filter.add")}
        </Button>
        <p role="status" className="visually-hidden">{said}</p>
      </section>
      <section className={look.section} aria-labelledby="otherwise-title">
        <h2 id="otherwise-title">{t("filter.otherwise")}</h2>
        <div className={look.otherwise}>
          <WayFields id="otherwise" way={draft.way} hasBot={hasBot} onChange={(way) => setDraft({ ...draft, way })} />
          {refusalOf(fields, "way") && <p className={styles.error}>{refusalOf(fields, "way")}</p>}
        </div>
        <div className={look.foot}>
          <Button look="primary" disabled={!changed || save.isPending} onClick={() => save.mutate()} data-testid="save-filter">
            {t("filter.save")}
          </Button>
          {changed && !save.isPending && <span className={look.unsaved}>{t("filter.unsaved")}</span>}
          {save.error instanceof ApiError && save.error.code === "changed_meanwhile" && (
            <Button onClick={() => again.mutate()} data-testid="filter-again">{t("filter.again")}</Button>
          )}
          <p role="alert" className={styles.error}>{save.error ? t("filter.failed", { reason: reason(save.error) }) : ""}</p>
        </div>
      </section>
      <FilterTry lineId={stored.line_id} checks={draft.checks} draft={draft} />
    </>
  );
}
