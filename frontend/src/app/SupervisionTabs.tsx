import { useTranslation } from "react-i18next";
import { NavLink } from "react-router";
import { usePlansStaffing, useWatchesLinks } from "@/api/session";
import page from "@/ui/page.module.css";

const TABS = ["team", "traffic", "history", "filter", "links", "staffing"] as const;
const PATHS = {
  team: "/supervision",
  traffic: "/supervision/traffic",
  history: "/supervision/history",
  filter: "/supervision/filter",
  links: "/supervision/links",
  staffing: "/supervision/staffing",
};

/** The pages of supervision, for each of them. */
export function SupervisionTabs() {
  const { t } = useTranslation("app");
  const may = { links: useWatchesLinks(), staffing: usePlansStaffing() };
  return (
    <nav className={page.tabs} aria-label={t("tabs.label")}>
      {TABS.filter((tab) => (tab !== "links" && tab !== "staffing") || may[tab]).map((tab) => (
        <NavLink key={tab} to={PATHS[tab]} end>
          {t(`tabs.${tab}`)}
        </NavLink>
      ))}
    </nav>
  );
}
