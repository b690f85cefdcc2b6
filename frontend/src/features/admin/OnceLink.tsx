import { Copy } from "lucide-react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { fullTime } from "@/ui/format";
import { toast } from "@/ui/toasts";
import styles from "./Admin.module.css";
import look from "./Applications.module.css";

/** An address by which a person sets his password: shown this once. */
export function OnceLink({ name, url, until, onClose }: { name: string; url: string; until?: string; onClose: () => void }) {
  const { t } = useTranslation("accounts");
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.select(), []);
  const copy = () => void navigator.clipboard?.writeText(url).then(() => toast(t("link.copied")), () => undefined);
  return (
    <Dialog title={t("link.title", { name })} closeLabel={t("link.done")} onlyByButton onClose={onClose}>
      <div className={styles.form}>
        <div className={styles.fields}>
          <p className={look.once} role="status">
            {until ? t("link.once", { when: fullTime(until) }) : t("link.plain")}
          </p>
          <div className={styles.field}>
            <label htmlFor="once-link">{t("link.label")}</label>
            <div className={styles.copy}>
              <input ref={field} id="once-link" type="text" readOnly value={url} data-testid="once-link" onFocus={(event) => event.target.select()} />
              <Button square aria-label={t("link.copy")} icon={<Copy size={16} />} onClick={copy} />
            </div>
          </div>
        </div>
        <div className={styles.formFoot}>
          <Button look="primary" data-testid="link-passed-on" onClick={onClose}>
            {t("link.done")}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
