import { useTranslation } from "react-i18next";
import { NavLink } from "react-router";
import { usePlansStaffing, useWatchesLinks } from "@/api/session";
import page from "@/ui/page.module.css";

const TABS = ["team", "traffic", "history", "filter", "links", "staffing", "knowledge", "replies"] as const;
/** Not for observers. */
const OWN = ["links", "staffing", "knowledge", "replies"] as const;
const PATHS = {
  team: "/supervision",
  traffic: "/supervision/traffic",
  history: "/supervision/history",
  filter: "/supervision/filter",
  links: "/supervision/links",
  staffing: "/supervision/staffing",
  knowledge: "/supervision/knowledge",
  replies: "/supervision/replies",
};

/** The pages of supervision, for each of them. */
export function SupervisionTabs() {
  const { t } = useTranslation("app");
  const plans = usePlansStaffing();
  const may = { links: useWatchesLinks(), staffing: plans, knowledge: plans, replies: plans };
  return (
    <nav className={page.tabs} aria-label={t("tabs.label")}>
      {TABS.filter((tab) => !(OWN as readonly string[]).includes(tab) || may[tab as (typeof OWN)[number]]).map((tab) => (
        <NavLink key={tab} to={PATHS[tab]} end>
          {t(`tabs.${tab}`)}
        </NavLink>
      ))}
    </nav>
  );
}
