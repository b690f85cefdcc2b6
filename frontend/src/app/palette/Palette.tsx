import { Search } from "lucide-react";
import { useId, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { commandsNow, type Command } from "@/ui/commands";
import { Dialog } from "@/ui/Dialog";
import { find, noteUse, usedLately } from "./find";
import styles from "./Palette.module.css";

/** Everything that can be done here by its name. It closes first: a command may open a dialog of its own. */
export default function Palette({ onClose, onSearch }: { onClose: () => void; onSearch: ((text: string) => void) | null }) {
  const { t } = useTranslation("app");
  const id = useId();
  const list = useRef<HTMLUListElement>(null);
  const [commands] = useState(commandsNow);
  const [lately] = useState(usedLately);
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const words = typed.trim();
  const found = useMemo<Command[]>(() => {
    const fits = find(commands, typed, lately);
    if (words.length < 2 || !onSearch) return fits;
    return [...fits, { id: "search", group: "go", label: t("palette.searchFor", { text: words }), run: () => onSearch(words) }];
  }, [commands, typed, lately, words, onSearch, t]);

  const run = (command: Command) => {
    if (command.id !== "search") noteUse(command.id);
    onClose();
    // Not before the dialog has gone: all behind it is inert, and takes no focus.
    requestAnimationFrame(() => command.run());
  };
  const move = (to: number) => {
    const next = (to + found.length) % found.length;
    setAt(next);
    list.current?.children[next]?.scrollIntoView({ block: "nearest" });
  };
  const press = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing || found.length === 0) return;
    const chosen = found[at];
    if (event.key === "ArrowDown") move(at + 1);
    else if (event.key === "ArrowUp") move(at - 1);
    else if (event.key === "Home" && typed === "") move(0);
    else if (event.key === "End" && typed === "") move(found.length - 1);
    else if (event.key === "Enter" && chosen && !event.repeat) run(chosen);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title={t("palette.title")} closeLabel={t("close")} onClose={onClose}>
      <div className={styles.palette}>
        <label className={styles.field}>
          <Search size={17} aria-hidden="true" />
          <span className="visually-hidden">{t("palette.label")}</span>
          <input
            data-autofocus
            data-testid="palette"
            role="combobox"
            aria-expanded={found.length > 0}
            aria-controls={`${id}-list`}
            aria-activedescendant={found[at] ? `${id}-${at}` : undefined}
            aria-autocomplete="list"
            autoComplete="off"
            spellCheck={false}
            maxLength={120}
            placeholder={t("palette.hint")}
            value={typed}
            onChange={(event) => {
              setTyped(event.target.value);
              setAt(0);
            }}
            onKeyDown={press}
          />
        </label>
        {found.length === 0 && <p className={styles.none}>{t("palette.none")}</p>}
        <ul ref={list} id={`${id}-list`} role="listbox" aria-label={t("palette.title")} className={styles.list}>
          {found.map((command, place) => (
            // The keyboard stays in the field above, as the pattern of a combobox wants it: only the mouse comes here.
            <li
              key={command.id}
              id={`${id}-${place}`}
              role="option"
              aria-selected={place === at}
              data-testid={`command-${command.id}`}
              className={styles.command}
              onPointerMove={() => setAt(place)}
              onClick={() => run(command)}
            >
              <span className={styles.group}>{t(`palette.groups.${command.group}`)}</span>
              <span className={styles.label}>{command.label}</span>
              {command.keys && <kbd>{command.keys}</kbd>}
            </li>
          ))}
        </ul>
        <span className="visually-hidden" role="status">
          {typed === "" ? "" : t("palette.found", { count: found.length })}
        </span>
      </div>
    </Dialog>
  );
}
