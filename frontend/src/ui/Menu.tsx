import { Check } from "lucide-react";
import { useEffect, useId, useLayoutEffect, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import styles from "./Menu.module.css";

export interface MenuItem {
  key: string;
  label: string;
  icon?: ReactNode;
  /** Drawn with a check mark, and read as a choice among the others. */
  checked?: boolean;
  /** Checked by itself, whatever the others are. */
  toggles?: boolean;
  danger?: boolean;
  href?: string;
  run?: () => void;
}

interface MenuProps {
  /** Name of the menu. */
  label: string;
  /** Read before what the button shows: "My state: ". */
  prefix?: string;
  /** What the button shows, and its name. */
  children: ReactNode;
  groups: { title?: string; items: MenuItem[] }[];
  className?: string;
  align?: "start" | "end";
  testId?: string;
}

const EDGE_PX = 8;
/** As in Menu.module.css. */
const GAP_PX = 6;

/** A button with a menu. Arrows move, Home and End jump, Escape closes and gives the focus back. */
export function Menu({ label, prefix, children, groups, className, align = "start", testId }: MenuProps) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);

  // Near an edge the list moves until it is seen whole: sideways, and above its button where there is more room.
  useLayoutEffect(() => {
    const element = list.current;
    if (!open || !element) return;
    const { left, right, bottom } = element.getBoundingClientRect();
    const around = button.current!.getBoundingClientRect();
    const below = window.innerHeight - EDGE_PX - around.bottom - GAP_PX;
    const above = around.top - EDGE_PX - GAP_PX;
    const isAbove = bottom > window.innerHeight - EDGE_PX && above > below;
    if (isAbove) element.classList.add(styles.above!);
    if (bottom > window.innerHeight - EDGE_PX) element.style.maxHeight = `${Math.floor(isAbove ? above : below)}px`;
    const shift = Math.min(0, document.documentElement.clientWidth - EDGE_PX - right) || Math.max(0, EDGE_PX - left);
    if (shift !== 0) element.style.transform = `translateX(${Math.round(shift)}px)`;
    // A phone is turned, a page is zoomed: it closes, as the browser's own menus do.
    const leave = () => setOpen(false);
    window.addEventListener("resize", leave);
    return () => window.removeEventListener("resize", leave);
  }, [open]);

  useEffect(() => {
    if (!open) return;
    list.current?.querySelector<HTMLElement>("[role^=menuitem]")?.focus();
    const leave = (event: PointerEvent) => {
      const target = event.target as Node;
      if (!list.current?.contains(target) && !button.current?.contains(target)) setOpen(false);
    };
    document.addEventListener("pointerdown", leave);
    return () => document.removeEventListener("pointerdown", leave);
  }, [open]);

  const close = () => {
    setOpen(false);
    button.current?.focus();
  };

  const move = (event: KeyboardEvent) => {
    const items = [...(list.current?.querySelectorAll<HTMLElement>("[role^=menuitem]") ?? [])];
    const here = items.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: items.length - 1 }[event.key];
    if (event.key === "Escape") close();
    else if (event.key === "Tab") setOpen(false);
    else if (to !== undefined) {
      event.preventDefault();
      items[(to + items.length) % items.length]?.focus();
    } else return;
    event.stopPropagation();
  };

  return (
    <div className={styles.menu}>
      <button
        ref={button}
        type="button"
        className={className}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        data-testid={testId}
        onClick={() => setOpen(!open)}
      >
        {prefix && <span className="visually-hidden">{prefix}</span>}
        {children}
      </button>
      {open && (
        <div ref={list} id={id} role="menu" aria-label={label} className={`${styles.list} ${styles[align]}`} onKeyDown={move}>
          {groups.map((group, index) => (
            <div key={group.title ?? index} role="group" aria-label={group.title} className={styles.group}>
              {group.title && <div className={styles.title}>{group.title}</div>}
              {group.items.map((item) => {
                const content = (
                  <>
                    <span className={styles.icon}>{item.icon}</span>
                    <span className={styles.text}>{item.label}</span>
                    {item.checked && <Check size={15} aria-hidden="true" />}
                  </>
                );
                const common = {
                  role: item.checked === undefined ? "menuitem" : item.toggles ? "menuitemcheckbox" : "menuitemradio",
                  "aria-checked": item.checked,
                  tabIndex: -1,
                  className: `${styles.item} ${item.danger ? styles.danger : ""}`,
                };
                return item.href ? (
                  <a key={item.key} {...common} href={item.href} target="_blank" rel="noopener noreferrer" onClick={close}>
                    {content}
                  </a>
                ) : (
                  <button
                    key={item.key}
                    type="button"
                    {...common}
                    onClick={() => {
                      close();
                      item.run?.();
                    }}
                  >
                    {content}
                  </button>
                );
              })}
            </div>
          ))}
        </div>
      )}
    </div>
  );
}
