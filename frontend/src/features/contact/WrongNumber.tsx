import { PhoneOff } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { ContactDetail } from "@/api/types";
import { fullTime } from "@/ui/format";
import styles from "./PersonPanel.module.css";

/** An operator has said that this number is wrong: before somebody writes to it once more. */
export function WrongNumber({ wrong }: { wrong: NonNullable<ContactDetail["wrong_number"]> }) {
  const { t, i18n } = useTranslation("contact");
  const reason = (i18n.language === "fr" ? wrong.fr : wrong.en) || wrong.code;
  return (
    <section data-testid="wrong-number">
      <h3>{t("wrong.title")}</h3>
      <p className={`${styles.plain} ${styles.consent} ${styles.refused}`}>
        <PhoneOff size={15} aria-hidden="true" />
        <span>{t("wrong.text", { when: fullTime(wrong.last_at), reason })}</span>
      </p>
      {wrong.times > 1 && <p className={`${styles.plain} ${styles.faint}`}>{t("wrong.times", { times: wrong.times, when: fullTime(wrong.first_at) })}</p>}
    </section>
  );
}
