import { SkipForward } from "lucide-react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/fetch";
import { useSession } from "@/api/session";
import type { Row } from "@/api/types";
import { Button } from "@/ui/Button";
import { useKeys } from "@/ui/keys";
import { Menu } from "@/ui/Menu";
import { toast } from "@/ui/toasts";
import { typeset } from "@/ui/typeset";
import { useNext } from "./api";
import styles from "./Offers.module.css";

/** Takes the one that has waited longest, where a queue lets its agents take. P, when there is one such queue. */
export function NextButton({ onTaken }: { onTaken: (row: Row) => void }) {
  const { t } = useTranslation("offers");
  const queues = useSession().queues.filter(({ may_pull, mine }) => may_pull && mine);
  const next = useNext(onTaken);
  const take = (queueId: string) => {
    if (next.isPending) return;
    next.mutate(queueId, {
      onError: (failure) => {
        const empty = failure instanceof ApiError && failure.code === "queue_empty";
        const why = failure instanceof ApiError && failure.status !== 0 ? typeset(failure.message || failure.code) : t("unreachable");
        toast(empty ? t("nobodyWaits") : t("notTaken", { reason: why }), { bad: !empty });
      },
    });
  };
  const [only] = queues;
  useKeys({ p: () => only && take(only.id) }, queues.length === 1);
  if (!only) return null;
  const icon = <SkipForward size={17} aria-hidden="true" />;
  if (queues.length === 1)
    return <Button look="quiet" square aria-label={t("next", { queue: only.name })} aria-keyshortcuts="p" icon={icon} disabled={next.isPending} onClick={() => take(only.id)} data-testid="next" />;
  return (
    <Menu label={t("nextOf")} prefix={t("nextOf")} align="end" className={styles.next} groups={[{ title: t("nextOf"), items: queues.map(({ id, name }) => ({ key: id, label: name, run: () => take(id) })) }]} testId="next">
      {icon}
    </Menu>
  );
}
