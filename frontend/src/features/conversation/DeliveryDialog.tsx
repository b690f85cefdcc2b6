import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { get, query } from "@/api/fetch";
import type { DeliveryDetails } from "@/api/types";
import { Dialog } from "@/ui/Dialog";
import { fullTime } from "@/ui/format";
import { Skeleton } from "@/ui/States";
import { reasonOf } from "./reason";
import styles from "./DeliveryDialog.module.css";

const PATHS = ["came", "heard", "ported", "prefix", "order", "moved"] as const;
const STATES = ["queued", "sending", "sent", "delivered", "failed", "expired", "unknown"] as const;

/** How one text left: by which link and why, each try with the operator's own id, and what its receipts said. */
export function DeliveryDialog({ conversationId, seq, onClose }: { conversationId: string; seq: number; onClose: () => void }) {
  const { t } = useTranslation("conversation");
  const { data, isError } = useQuery({
    queryKey: ["delivery", conversationId, seq],
    queryFn: ({ signal }) => get<{ delivery: DeliveryDetails | null }>(`/api/conversations/${conversationId}/delivery${query({ seq })}`, signal),
    gcTime: 0,
    retry: 1,
  });
  return (
    <Dialog title={t("details.title")} closeLabel={t("details.close")} look="side" onClose={onClose}>
      <div className={styles.details} data-testid="delivery-details">
        {data?.delivery ? (
          <Details delivery={data.delivery} />
        ) : isError || data ? (
          <p>{t("details.none")}</p>
        ) : (
          <Skeleton rows={4} look="lines" label={t("details.title")} />
        )}
      </div>
    </Dialog>
  );
}

function Details({ delivery }: { delivery: DeliveryDetails }) {
  const { t, i18n } = useTranslation("conversation");
  const path = PATHS.find((one) => one === delivery.path);
  const word = (state: string) => t(`delivery.${STATES.find((one) => one === state) ?? "unknown"}`);
  return (
    <>
      <dl className={styles.facts}>
        <div>
          <dt>{t("details.link")}</dt>
          <dd>
            {delivery.link}
            {path && <small>{t(`details.path.${path}`)}</small>}
          </dd>
        </div>
        <div>
          <dt>{t("details.cost")}</dt>
          <dd>{t("details.parts", { count: delivery.parts })}</dd>
        </div>
      </dl>
      <h3>{t("details.tries")}</h3>
      {delivery.tries.length === 0 && <p className={styles.faint}>{t(delivery.status === "queued" ? "details.noTries" : "details.forgotten")}</p>}
      <ol className={styles.list}>
        {delivery.tries.map((one, place) => (
          <li key={place}>
            <p>
              {delivery.tries.length > 1 && <strong>{t("details.part", { part: one.part })} </strong>}
              {one.withdrawn ? t("details.withdrawn") : word(one.state)}
            </p>
            {one.error && <p className={styles.bad}>{reasonOf(one.error, i18n.language, t)}</p>}
            {one.provider_id && (
              <p>
                {t("details.id")} <code>{one.provider_id}</code>
              </p>
            )}
            <p className={styles.faint}>
              <time dateTime={one.requested_at}>{fullTime(one.requested_at)}</time>
            </p>
          </li>
        ))}
      </ol>
      {delivery.receipts.length > 0 && (
        <>
          <h3>{t("details.receipts")}</h3>
          <ol className={styles.list}>
            {delivery.receipts.map((one, place) => (
              <li key={place}>
                <p>{word(one.state)}</p>
                {one.error && <p className={styles.bad}>{reasonOf(one.error, i18n.language, t)}</p>}
                {one.text && <code className={styles.raw}>{one.text}</code>}
                <p className={styles.faint}>
                  <time dateTime={one.received_at}>{fullTime(one.received_at)}</time>
                </p>
              </li>
            ))}
          </ol>
        </>
      )}
    </>
  );
}
