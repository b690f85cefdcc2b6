import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { usePlansStaffing, useSession, useWatchesLinks } from "@/api/session";
import type { Theme } from "@/api/types";
import { changePreferences } from "@/features/session/api";
import { useCommands, type Command } from "@/ui/commands";
import { beQuiet, endQuiet, isQuiet, STRETCHES } from "./quiet";
import { TABS } from "./SupervisionTabs";
import { useScreens } from "./TopBar";

const THEMES: Theme[] = ["system", "light", "dark", "contrast"];
const KEYS = { desk: "G I", supervision: "G S", admin: "G A" } as const;

/** What is possible on every screen: to go to another one, and one's own settings. */
export function useAppCommands(show: { keys: () => void; preferences: () => void; search: (() => void) | null }): void {
  const { t, i18n } = useTranslation("app");
  const client = useQueryClient();
  const navigate = useNavigate();
  const screens = useScreens();
  const { user } = useSession();
  const may = { links: useWatchesLinks(), staffing: usePlansStaffing() };

  useCommands(() => {
    const found: Command[] = screens.map(({ to, name }) => ({
      id: `go-${name}`, group: "go", label: t("palette.goTo", { name: t(`nav.${name}`) }), keys: KEYS[name], run: () => void navigate(to),
    }));
    const has = (name: string) => screens.some((one) => one.name === name);
    if (has("supervision"))
      for (const { name, path, needs } of TABS)
        if (name !== "team" && (needs === null || may[needs]))
          found.push({ id: `go-${name}`, group: "go", label: t("palette.goTo", { name: t(`tabs.${name}`) }), words: t("nav.supervision"), run: () => void navigate(path) });
    if (has("admin")) {
      // The names of the sections are the administration's own words: one that is new there is found here.
      const sections = i18n.getResource(i18n.language, "admin", "sections") as Record<string, string>;
      for (const [name, label] of Object.entries(sections))
        found.push({ id: `admin-${name}`, group: "go", label: t("palette.goTo", { name: label }), words: t("nav.admin"), run: () => void navigate(`/admin/${name}`) });
    }
    for (const theme of THEMES)
      if (theme !== user.theme)
        found.push({ id: `theme-${theme}`, group: "set", label: t("palette.theme", { name: t(`user.themes.${theme}`) }), run: () => changePreferences(client, { theme }) });
    const other = user.language === "fr" ? "en" : "fr";
    found.push({ id: "language", group: "set", label: t(`user.languages.${other}`), words: t("user.language"), run: () => changePreferences(client, { language: other }) });
    const density = user.density === "roomy" ? "compact" : "roomy";
    found.push({ id: "density", group: "set", label: t(`palette.density.${density}`), run: () => changePreferences(client, { density }) });
    if (isQuiet()) found.push({ id: "quiet-end", group: "set", label: t("quiet.end"), words: t("quiet.title"), run: endQuiet });
    else
      for (const { name, ms } of STRETCHES)
        found.push({ id: `quiet-${name}`, group: "set", label: t("quiet.command", { stretch: t(`quiet.stretches.${name}`) }), run: () => beQuiet(ms) });
    if (show.search) found.push({ id: "find", group: "go", label: t("keys.find"), keys: "F", run: show.search });
    found.push({ id: "preferences", group: "set", label: t("preferences.title"), run: show.preferences });
    found.push({ id: "keys", group: "set", label: t("user.keys"), keys: "?", run: show.keys });
    return found;
  });
}
