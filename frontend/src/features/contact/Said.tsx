import { useTranslation } from "react-i18next";
import { whyNot } from "./api";
import styles from "./Person.module.css";

/** What went wrong with this field, beside it, in words. */
export function Wrong({ failure, id }: { failure: Error | null; id?: string }) {
  const { t } = useTranslation("person");
  if (failure === null) return null;
  return (
    <p id={id} role="alert" className={styles.wrong}>
      {t("notSaved", { why: whyNot(failure) || t("unreached") })}
    </p>
  );
}
