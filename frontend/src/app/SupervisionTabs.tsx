import { useTranslation } from "react-i18next";
import { NavLink } from "react-router";
import { usePlansStaffing, useWatchesLinks } from "@/api/session";
import page from "@/ui/page.module.css";

/** `needs`: what observers have not. */
export const TABS = [
  { name: "team", path: "/supervision", needs: null },
  { name: "traffic", path: "/supervision/traffic", needs: null },
  { name: "history", path: "/supervision/history", needs: null },
  { name: "filter", path: "/supervision/filter", needs: null },
  { name: "links", path: "/supervision/links", needs: "links" },
  { name: "staffing", path: "/supervision/staffing", needs: "staffing" },
  { name: "knowledge", path: "/supervision/knowledge", needs: "staffing" },
  { name: "replies", path: "/supervision/replies", needs: "staffing" },
] as const;

/** The pages of supervision, for each of them. */
export function SupervisionTabs() {
  const { t } = useTranslation("app");
  const may = { links: useWatchesLinks(), staffing: usePlansStaffing() };
  return (
    <nav className={page.tabs} aria-label={t("tabs.label")}>
      {TABS.filter(({ needs }) => needs === null || may[needs]).map(({ name, path }) => (
        <NavLink key={name} to={path} end>
          {t(`tabs.${name}`)}
        </NavLink>
      ))}
    </nav>
  );
}
