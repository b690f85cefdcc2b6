import { useQuery } from "@tanstack/react-query";
import { UserPlus } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { get, query } from "@/api/fetch";
import type { ConversationPage } from "@/api/types";
import { address } from "@/ui/format";
import { nameSought } from "./writing";
import styles from "./NewText.module.css";

const PAUSE_MS = 250;
const MOST_SHOWN = 5;

/** People whose name is being typed where a number is wanted: one click puts their number there. */
export function PeopleFound({ written, onChoose }: { written: string; onChoose: (number: string) => void }) {
  const { t } = useTranslation("newText");
  const sought = nameSought(written);
  const [asked, setAsked] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setAsked(sought), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [sought]);
  const { data } = useQuery({
    queryKey: ["people-found", asked],
    queryFn: ({ signal }) => get<ConversationPage>(`/api/conversations${query({ view: "all", q: asked, limit: 20 })}`, signal),
    enabled: asked !== "",
    gcTime: 0,
    retry: false,
  });
  if (sought === "" || asked === "" || !data) return null;
  const people = new Map(data.items.map(({ contact }) => [contact.address, contact] as const));
  const found = [...people.values()].filter(({ name }) => name !== null).slice(0, MOST_SHOWN);
  if (found.length === 0) return null;
  return (
    <ul className={styles.found} aria-label={t("found")}>
      {found.map((one) => (
        <li key={one.address}>
          <button type="button" data-testid="new-text-person" onClick={() => onChoose(one.address)}>
            <UserPlus size={14} aria-hidden="true" />
            <bdi>{one.name}</bdi> <small>{address(one.address)}</small>
          </button>
        </li>
      ))}
    </ul>
  );
}
