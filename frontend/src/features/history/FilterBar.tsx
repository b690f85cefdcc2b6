import { Search } from "lucide-react";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { isObserver, useSession } from "@/api/session";
import { Button } from "@/ui/Button";
import { DIRECTIONS, isDay, isEmpty, LONGEST, NOTHING, STATES, toSearch, type Filters } from "./filters";
import styles from "./History.module.css";

interface FilterBarProps {
  filters: Filters;
  links: { id: string; name: string }[];
  onChange: (filters: Filters) => void;
}

const typedOf = ({ start, end, number, text, reference }: Filters) => ({ start, end, number, text, reference });

/** Days and choices act at once; words act when they are sent off. A day that is not yet whole ("0002-11-21") waits. */
export function FilterBar({ filters, links, onChange }: FilterBarProps) {
  const { t } = useTranslation("history");
  const session = useSession();
  const [typed, setTyped] = useState(typedOf(filters));
  const address = toSearch(filters).toString();
  const [seen, setSeen] = useState(address);
  if (address !== seen) {
    setSeen(address);
    setTyped(typedOf(filters));
  }
  const whole = (name: "start" | "end") => (typed[name] === "" || isDay(typed[name]) ? typed[name] : filters[name]);
  const now = { ...filters, ...typed, start: whole("start"), end: whole("end") };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onChange(now);
  };
  const clear = () => {
    setTyped(typedOf(NOTHING));
    onChange(NOTHING);
  };
  const choose = <K extends keyof Filters>(name: K, value: string) => onChange({ ...now, [name]: value });
  const day = (name: "start" | "end") => (
    <label className={styles.filter}>
      <span>{t(`filters.${name}`)}</span>
      <input
        type="date"
        min={name === "end" ? filters.start || undefined : undefined}
        max={name === "start" ? filters.end || undefined : undefined}
        value={typed[name]}
        data-testid={`history-${name}`}
        onChange={({ target: { value } }) => {
          setTyped({ ...typed, [name]: value });
          if (value === "" || isDay(value)) choose(name, value);
        }}
        onBlur={() => setTyped({ ...typed, [name]: whole(name) })}
      />
    </label>
  );
  const words = (name: keyof typeof LONGEST, mode: "tel" | "text") => (
    <label className={styles.filter}>
      <span>{t(`filters.${name}`)}</span>
      <input
        type="search"
        inputMode={mode}
        maxLength={LONGEST[name]}
        value={typed[name]}
        data-testid={`history-${name}`}
        onChange={(event) => setTyped({ ...typed, [name]: event.target.value })}
      />
    </label>
  );
  return (
    <form className={styles.filters} role="search" aria-label={t("filters.label")} onSubmit={submit}>
      {day("start")}
      {day("end")}
      <label className={styles.filter}>
        <span>{t("filters.direction")}</span>
        <select value={filters.direction} onChange={(event) => choose("direction", event.target.value)}>
          {DIRECTIONS.map((one) => (
            <option key={one} value={one}>
              {t(`filters.directions.${one}`)}
            </option>
          ))}
        </select>
      </label>
      <label className={styles.filter} title={t("filters.statesHint")}>
        <span>{t("filters.state")}</span>
        <select value={filters.state} data-testid="history-state" onChange={(event) => choose("state", event.target.value)}>
          {STATES.map((one) => (
            <option key={one} value={one}>
              {t(`filters.states.${one}`)}
            </option>
          ))}
        </select>
      </label>
      <label className={styles.filter}>
        <span>{t("filters.line")}</span>
        <select value={filters.line} onChange={(event) => choose("line", event.target.value)}>
          <option value="">{t("filters.any")}</option>
          {session.lines.map((line) => (
            <option key={line.id} value={line.id}>
              {line.address} · {line.name}
            </option>
          ))}
        </select>
      </label>
      <label className={styles.filter}>
        <span>{t("filters.link")}</span>
        <select value={filters.link} onChange={(event) => choose("link", event.target.value)}>
          <option value="">{t("filters.any")}</option>
          {links.map((link) => (
            <option key={link.id} value={link.id}>
              {link.name}
            </option>
          ))}
        </select>
      </label>
      {!isObserver(session) && (
        <>
          {words("number", "tel")}
          {words("text", "text")}
          {words("reference", "text")}
          <Button type="submit" look="primary" icon={<Search size={15} aria-hidden="true" />} data-testid="history-search">
            {t("filters.apply")}
          </Button>
        </>
      )}
      <div className={styles.under}>
        <p>{t("filters.zone", { zone: session.organisation.time_zone })}</p>
        {!isEmpty(now) && (
          <Button look="quiet" size="small" data-testid="history-clear" onClick={clear}>
            {t("filters.clear")}
          </Button>
        )}
      </div>
    </form>
  );
}
