import { useTranslation } from "react-i18next";
import { receivesWork, useSession } from "@/api/session";
import { Dialog } from "@/ui/Dialog";
import styles from "./KeySheet.module.css";

const SECTIONS = [
  ["list", [["J K", "move"], ["Enter", "open"], ["/", "search"], ["1 2 3", "views"], ["C", "compose"], ["B", "choose"]]],
  ["go", [["Ctrl+K", "palette"], ["F", "find"], ["G I", "desk"], ["G S", "supervision"], ["G A", "admin"], ["?", "sheet"]]],
  ["conversation", [["T", "take"], ["R", "reply"], ["N", "note"], ["X", "transfer"], ["S", "snooze"], ["E", "closeIt"], ["U", "unread"], ["Esc", "leave"]]],
  ["work", [["O Enter", "offer"], ["N", "finish"], ["P", "next"]]],
] as const;

export function KeySheet({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("app");
  const session = useSession();
  const { role } = session.user;
  const hidden = new Set<string>(role === "administrator" ? [] : role === "agent" ? ["supervision", "admin"] : ["admin"]);
  // Observers touch nothing, and no conversation is theirs.
  if (role === "observer") for (const one of ["compose", "choose", "find"]) hidden.add(one);
  if (!session.queues.some(({ may_pull }) => may_pull)) hidden.add("next");
  const sections = SECTIONS.filter(([section]) => (section !== "conversation" || role !== "observer") && (section !== "work" || receivesWork(session)));
  // Two keys have names of their own on a French keyboard.
  const cap = (key: string) => (key === "Enter" ? t("keys.enterKey") : key === "Esc" ? t("keys.escapeKey") : key);
  return (
    <Dialog title={t("keys.title")} closeLabel={t("close")} onClose={onClose}>
      <div className={styles.sheet}>
        {sections.map(([section, keys]) => (
          <section key={section}>
            <h3>{t(`keys.${section}`)}</h3>
            <dl>
              {keys.filter(([, name]) => !hidden.has(name)).map(([key, name]) => (
                <div key={key}>
                  <dt>
                    {key.split(" ").map((one) => (
                      <kbd key={one}>{cap(one)}</kbd>
                    ))}
                  </dt>
                  <dd>{t(`keys.${name}`)}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
        <p>{t("keys.hint")}</p>
      </div>
    </Dialog>
  );
}
