import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { post } from "@/api/fetch";
import { Button } from "@/ui/Button";
import { clockTime, fullTime, shortDate } from "@/ui/format";
import { toast } from "@/ui/toasts";
import { botKey, type BotVersion, type BotView } from "./botApi";
import { useReason } from "./ListsSection";
import { Table } from "./tables";
import styles from "./Admin.module.css";

/** Every version that was made of a bot, newest first: who, when, and back to it with one click. */
export function BotVersions({ bot }: { bot: BotView }) {
  const { t } = useTranslation("bot");
  const client = useQueryClient();
  const reason = useReason();
  const after = (said: string) => () => {
    toast(said);
    return client.invalidateQueries({ queryKey: botKey });
  };
  const publish = useMutation({ mutationFn: (id: string) => post(`/api/admin/bot/versions/${id}/publish`, {}), onSuccess: after(t("published")) });
  const restore = useMutation({ mutationFn: () => post("/api/admin/bot/restore", { bot: bot.bot }), onSuccess: after(t("restored")) });
  const failure = publish.error ?? restore.error;
  const head = (["number", "state", "by", "at", "note"] as const).map((one) => t(`versionHead.${one}`));
  return (
    <>
      <p role="alert" className={styles.error}>
        {failure ? reason(failure) : ""}
      </p>
      <Table heads={[...head, ""]} empty={false} label={t("tabs.versions")}>
        {bot.versions.map((one) => (
          <tr key={one.id} data-testid="version" data-state={one.state}>
            <th scope="row">{t("version", { number: one.number })}</th>
            <td>{t(`state.${one.state}`)}</td>
            <td>{one.published_by || one.made_by || "–"}</td>
            <td className={styles.when}>
              <When version={one} />
            </td>
            <td>{one.note}</td>
            <td>
              {one.state === "retired" && (
                <Button size="small" disabled={publish.isPending} onClick={() => publish.mutate(one.id)} data-testid="roll-back">
                  {t("rollBack")}
                </Button>
              )}
            </td>
          </tr>
        ))}
        <tr>
          <th scope="row">{t("shippedVersion")}</th>
          <td>{bot.published === 0 ? t("state.published") : ""}</td>
          <td />
          <td />
          <td>{bot.versions.length === 0 ? t("noVersions") : ""}</td>
          <td>
            {bot.published !== 0 && (
              <Button size="small" disabled={restore.isPending} onClick={() => restore.mutate()} data-testid="restore">
                {t("restore")}
              </Button>
            )}
          </td>
        </tr>
      </Table>
    </>
  );
}

function When({ version }: { version: BotVersion }) {
  const at = version.published_at ?? version.made_at;
  return (
    <time dateTime={at} title={fullTime(at)}>
      {shortDate(at)} {clockTime(at)}
    </time>
  );
}
