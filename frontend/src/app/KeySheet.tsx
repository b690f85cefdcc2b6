import { useTranslation } from "react-i18next";
import { Dialog } from "@/ui/Dialog";
import styles from "./KeySheet.module.css";

const SECTIONS = [
  ["list", [["J K", "move"], ["Enter", "open"], ["/", "search"], ["1 2 3", "views"]]],
  ["go", [["G I", "desk"], ["G S", "supervision"], ["G A", "admin"], ["?", "sheet"]]],
  ["conversation", [["T", "take"], ["R", "reply"], ["N", "note"], ["E", "closeIt"], ["Esc", "leave"]]],
] as const;

export function KeySheet({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("app");
  return (
    <Dialog title={t("keys.title")} closeLabel={t("close")} onClose={onClose}>
      <div className={styles.sheet}>
        {SECTIONS.map(([section, keys]) => (
          <section key={section}>
            <h3>{t(`keys.${section}`)}</h3>
            <dl>
              {keys.map(([key, name]) => (
                <div key={key}>
                  <dt>
                    {key.split(" ").map((one) => (
                      <kbd key={one}>{one}</kbd>
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
