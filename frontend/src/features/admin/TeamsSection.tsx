import { UsersRound } from "lucide-react";
import { useState } from "react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { ApiError, post } from "@/api/fetch";
import type { AdminTeam, AdminUser } from "@/api/types";
import { Button } from "@/ui/Button";
import { Empty } from "@/ui/States";
import { toast } from "@/ui/toasts";
import { typeset } from "@/ui/typeset";
import { useEverybody, useTeams } from "./accountsApi";
import { adminKey } from "./api";
import { Section } from "./Section";
import { SideForm } from "./SideForm";
import { EditRow, Table } from "./tables";
import styles from "./Admin.module.css";
import look from "./Account.module.css";

const plain = (text: string) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** People who share lines. */
export function TeamsSection() {
  const { t } = useTranslation("accounts");
  const { t: tAdmin } = useTranslation("admin");
  const table = useTeams();
  const people = useEverybody().data?.items;
  const [sought, seek] = useState("");
  const [edited, setEdited] = useState<string | null | undefined>(undefined);
  return (
    <Section title={tAdmin("sections.teams")} lead={t("teams.lead")} table={table} add={t("teams.add")} onAdd={() => setEdited(null)}>
      {({ items }) => (
        <>
          {items.length === 0 ? (
            <Empty icon={<UsersRound size={24} />} title={t("teams.none")} text={t("teams.noneText")} />
          ) : (
            <>
              <div className={look.filters} role="search">
                <input type="search" aria-label={t("teams.search")} placeholder={t("teams.search")} value={sought} onChange={(event) => seek(event.target.value)} />
              </div>
              <Table heads={[t("teams.name"), t("teams.leader"), t("teams.members")]} empty={false}>
                {items
                  .filter(({ name }) => plain(name).includes(plain(sought)))
                  .map((team) => (
                    <EditRow key={team.id} name={team.name} onEdit={() => setEdited(team.id)}>
                      <td>{team.members.find(({ id }) => id === team.leader_id)?.name ?? "–"}</td>
                      <td className={styles.several} title={team.members.map(({ name }) => name).join(", ")}>
                        {t("teams.count", { count: team.members.length })}
                      </td>
                    </EditRow>
                  ))}
              </Table>
            </>
          )}
          {edited !== undefined && people && <TeamForm team={items.find(({ id }) => id === edited) ?? null} people={people} onClose={() => setEdited(undefined)} />}
        </>
      )}
    </Section>
  );
}

function TeamForm({ team, people, onClose }: { team: AdminTeam | null; people: AdminUser[]; onClose: () => void }) {
  const { t } = useTranslation("accounts");
  const { t: tAdmin } = useTranslation("admin");
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () => post(`/api/admin/teams/${team!.id}/remove`),
    onSuccess: () => {
      toast(t("teams.removed"));
      onClose();
      return client.invalidateQueries({ queryKey: adminKey });
    },
  });
  const failure = remove.error;
  return (
    <SideForm
      kind="teams"
      id={team?.id ?? null}
      title={team ? t("teams.edit") : t("teams.add")}
      head={
        team && (
          <div className={look.part}>
            <Button size="small" look="danger" data-testid="remove-team" disabled={remove.isPending} onClick={() => remove.mutate()}>
              {t("teams.remove")}
            </Button>
            <p role="alert" className={styles.error}>
              {failure ? typeset(failure instanceof ApiError && failure.message ? failure.message : tAdmin("unreachable")) : ""}
            </p>
          </div>
        )
      }
      fields={[
        { name: "name", label: t("teams.name"), kind: "text", value: team?.name ?? "" },
        {
          name: "leader_id", label: t("teams.leader"), kind: "select", value: team?.leader_id ?? "",
          options: [{ value: "", label: t("teams.nobody") }, ...people.filter(({ is_active }) => is_active).map(({ id, name }) => ({ value: id, label: name }))],
        },
        {
          name: "member_ids", label: t("teams.members"), kind: "many", unordered: true, value: team?.members.map(({ id }) => id) ?? [],
          options: people.map(({ id, name }) => ({ value: id, label: name })),
        },
      ]}
      onClose={onClose}
    />
  );
}
