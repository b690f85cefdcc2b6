import { Plus, Upload } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { useTranslation } from "react-i18next";
import { CloudOff } from "lucide-react";
import type { AdminUser, MadeUser, Role } from "@/api/types";
import { Avatar } from "@/ui/Avatar";
import { Button } from "@/ui/Button";
import { clockTime, fullTime, shortDate } from "@/ui/format";
import { Empty, Skeleton } from "@/ui/States";
import { AccountPanel } from "./AccountPanel";
import { useTeams, useUsers, type UserFilter } from "./accountsApi";
import { userFields } from "./fields";
import { OnceLink } from "./OnceLink";
import { PeopleFile } from "./PeopleFile";
import { SideForm } from "./SideForm";
import { EditRow, Table } from "./tables";
import styles from "./Admin.module.css";
import look from "./Account.module.css";

const ROLES: Role[] = ["agent", "supervisor", "administrator", "observer"];

/** Who works here: found by name, address, role and team; a page at a time. */
export function UsersSection() {
  const { t } = useTranslation("accounts");
  const { t: tAdmin } = useTranslation("admin");
  const [filter, setFilter] = useState<UserFilter>({ q: "", role: "", team_id: "" });
  const users = useUsers(useDeferredValue(filter));
  const teams = useTeams().data?.items ?? [];
  const [edited, setEdited] = useState<AdminUser | null | undefined>(undefined);
  const [account, setAccount] = useState<AdminUser | null>(null);
  const [file, setFile] = useState(false);
  const [made, setMade] = useState<MadeUser | null>(null);
  const items = users.data?.pages.flatMap((page) => page.items);
  const set = (change: Partial<UserFilter>) => setFilter((now) => ({ ...now, ...change }));
  return (
    <>
      <header className={styles.head}>
        <div>
          <h1>{tAdmin("sections.users")}</h1>
          <p>{t("users.lead")}</p>
        </div>
        <div className={look.buttons}>
          <Button icon={<Upload size={16} aria-hidden="true" />} data-testid="people-file" onClick={() => setFile(true)}>
            {t("users.file")}
          </Button>
          <Button look="primary" icon={<Plus size={16} aria-hidden="true" />} data-testid="add" onClick={() => setEdited(null)}>
            {t("users.add")}
          </Button>
        </div>
      </header>
      <div className={look.filters} role="search">
        <input type="search" aria-label={t("users.search")} placeholder={t("users.search")} data-testid="user-search" value={filter.q} maxLength={100} onChange={(event) => set({ q: event.target.value })} />
        <select aria-label={tAdmin("field.role")} value={filter.role} onChange={(event) => set({ role: event.target.value })}>
          <option value="">{t("users.every")}</option>
          {ROLES.map((role) => (
            <option key={role} value={role}>
              {tAdmin(`role.${role}`)}
            </option>
          ))}
        </select>
        {teams.length > 0 && (
          <select aria-label={t("users.teams")} value={filter.team_id} onChange={(event) => set({ team_id: event.target.value })}>
            <option value="">{t("users.everyTeam")}</option>
            {teams.map((team) => (
              <option key={team.id} value={team.id}>
                {team.name}
              </option>
            ))}
          </select>
        )}
      </div>
      {items ? (
        <>
          <Table heads={[tAdmin("field.name"), tAdmin("field.email"), tAdmin("field.role"), t("users.teams"), t("users.factor"), t("users.seen"), t("users.actions")]} empty={false}>
            {items.map((user) => (
              <EditRow key={user.id} name={user.name} before={<Avatar name={user.name} />} faint={!user.is_active} onEdit={() => setEdited(user)}>
                <td>{user.email}</td>
                <td>
                  {tAdmin(`role.${user.role}`)}
                  {!user.is_active && <span className={styles.chip}>{t("users.suspended")}</span>}
                  {user.is_active && !user.has_password && <span className={styles.chip}>{user.has_link ? t("users.invited") : t("users.inviteOver")}</span>}
                </td>
                <td className={styles.several}>{user.team_ids.map((id) => teams.find((team) => team.id === id)?.name).filter(Boolean).join(", ") || "–"}</td>
                <td>{user.has_factor ? t("users.yes") : t("users.no")}</td>
                <td className={look.seen} title={user.seen_at ? fullTime(user.seen_at) : undefined}>{user.seen_at ? `${shortDate(user.seen_at)} ${clockTime(user.seen_at)}` : t("users.never")}</td>
                <td>
                  <Button
                    size="small"
                    aria-label={`${t("account.open")} : ${user.name}`}
                    data-testid="account"
                    onClick={(event) => {
                      event.stopPropagation();
                      setAccount(user);
                    }}
                  >
                    {t("account.open")}
                  </Button>
                </td>
              </EditRow>
            ))}
          </Table>
          {items.length === 0 && <p className={styles.none}>{t("users.none")}</p>}
          {users.hasNextPage && (
            <Button className={look.more} disabled={users.isFetchingNextPage} onClick={() => void users.fetchNextPage()}>
              {t("users.more")}
            </Button>
          )}
        </>
      ) : users.isError ? (
        <Empty icon={<CloudOff size={24} />} title={tAdmin("error")} text={tAdmin("errorText")}>
          <Button onClick={() => void users.refetch()}>{tAdmin("retry")}</Button>
        </Empty>
      ) : (
        <Skeleton rows={6} label={tAdmin("loading")} />
      )}
      {edited !== undefined && (
        <SideForm
          kind="users"
          id={edited?.id ?? null}
          title={edited ? t("users.edit") : t("users.add")}
          fields={userFields(tAdmin, edited, t("users.invite"))}
          onSaved={(answer) => {
            const saved = answer as MadeUser;
            if (saved.url) setMade(saved);
          }}
          onClose={() => setEdited(undefined)}
        />
      )}
      {made?.url && <OnceLink name={made.name} url={made.url} onClose={() => setMade(null)} />}
      {account && <AccountPanel user={account} onClose={() => setAccount(null)} />}
      {file && <PeopleFile onClose={() => setFile(false)} />}
    </>
  );
}
