import { useTranslation } from "react-i18next";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { toast } from "@/ui/toasts";
import styles from "./Security.module.css";

/** Shown this once; only its button closes it. */
export function RecoveryCodes({ codes, onClose }: { codes: string[]; onClose: () => void }) {
  const { t } = useTranslation("security");
  const save = () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([`${codes.join("\n")}\n`], { type: "text/plain" }));
    link.download = t("codes.file");
    link.click();
    URL.revokeObjectURL(link.href);
  };
  const copy = () => void navigator.clipboard?.writeText(codes.join("\n")).then(() => toast(t("codes.copied")), () => undefined);
  return (
    <Dialog title={t("codes.title")} closeLabel={t("close")} onlyByButton onClose={onClose}>
      <div className={styles.inDialog}>
        <p role="status">{t("codes.once")}</p>
        <ul className={styles.codes} data-testid="recovery-codes">
          {codes.map((code) => (
            <li key={code}>{code}</li>
          ))}
        </ul>
        <div className={styles.buttons}>
          <Button onClick={save}>{t("codes.save")}</Button>
          <Button onClick={copy}>{t("codes.copy")}</Button>
          <Button look="primary" data-testid="codes-kept" onClick={onClose}>
            {t("codes.done")}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
