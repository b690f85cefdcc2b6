import { useQueryClient } from "@tanstack/react-query";
import { BellOff, BellRing, Contrast, Headset, Keyboard, LogOut, MonitorCog, Moon, Radar, Search, Settings2, ShieldCheck, Smartphone, Sun, SunMoon, Volume2, VolumeX } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { NavLink, useNavigate } from "react-router";
import { receivesWork, useSession } from "@/api/session";
import type { Language, Theme } from "@/api/types";
import { QueueStrip } from "@/features/conversationList/QueueStrip";
import { PresenceSwitch } from "@/features/presence/PresenceSwitch";
import { countUnsent } from "@/features/conversation/api";
import { flushDrafts } from "@/features/conversation/draftSync";
import { changePreferences } from "@/features/session/api";
import { Avatar } from "@/ui/Avatar";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Menu, type MenuItem } from "@/ui/Menu";
import look from "@/ui/nav.module.css";
import { toast } from "@/ui/toasts";
import { ConnectionLight } from "./ConnectionLight";
import { leave } from "./leaving";
import { Logo } from "./Logo";
import { beQuiet, endQuiet, useQuiet } from "./quiet";
import { SOUNDS, switchSound, useIsSwitchedOn } from "./sounds";
import styles from "./TopBar.module.css";

/** Below this width the links of the bar move into the menu (TopBar.module.css). */
/** How long a sign-out waits for drafts to reach the server before it asks whether they may be lost. */
const PATIENCE_MS = 2_000;
const NO_ROOM_FOR_NAV = "(max-width: 980px)";
const THEMES: Theme[] = ["system", "light", "dark", "contrast"];
const THEME_ICONS = { system: <SunMoon size={16} />, light: <Sun size={16} />, dark: <Moon size={16} />, contrast: <Contrast size={16} /> };
const LANGUAGES: Language[] = ["fr", "en"];

export function useScreens(): { to: string; name: "desk" | "supervision" | "admin"; icon: React.ReactNode }[] {
  const { role } = useSession().user;
  const desk = { to: "/", name: "desk" as const, icon: <Headset size={16} /> };
  const supervision = { to: "/supervision", name: "supervision" as const, icon: <Radar size={16} /> };
  const admin = { to: "/admin", name: "admin" as const, icon: <MonitorCog size={16} /> };
  if (role === "agent") return [desk];
  return role === "administrator" ? [desk, supervision, admin] : [desk, supervision];
}

interface TopBarProps {
  onShow: { keys: () => void; preferences: () => void; /** Null: whoever may read no words finds none. */ search: (() => void) | null };
}

export function TopBar({ onShow }: TopBarProps) {
  const { t } = useTranslation("app");
  const { t: tSearch } = useTranslation("search");
  const navigate = useNavigate();
  const screens = useScreens();
  const session = useSession();
  return (
    <header className={styles.bar}>
      <NavLink to="/" className={styles.brand} aria-label={`Palabre, ${t("nav.desk")}`}>
        <Logo />
      </NavLink>
      {screens.length > 1 && (
        <nav className={styles.nav} aria-label={t("nav.label")}>
          {screens.map(({ to, name, icon }) => (
            <NavLink key={name} to={to} end={to === "/"} className={({ isActive }) => `${look.link} ${isActive ? look.active : ""}`}>
              {icon}
              {t(`nav.${name}`)}
            </NavLink>
          ))}
        </nav>
      )}
      <div className={styles.middle}>
        <QueueStrip onChoose={(line) => void navigate(`/?view=queue&line=${encodeURIComponent(line)}`)} />
      </div>
      {onShow.search && (
        <button type="button" className={styles.find} aria-keyshortcuts="f" title={tSearch("open")} data-testid="search-open" onClick={onShow.search}>
          <Search size={16} aria-hidden="true" />
          <span>{tSearch("short")}</span>
          <kbd aria-hidden="true">F</kbd>
        </button>
      )}
      <ConnectionLight />
      {receivesWork(session) && <PresenceSwitch />}
      <UserMenu onShow={onShow} />
    </header>
  );
}

function UserMenu({ onShow }: TopBarProps) {
  const { t } = useTranslation("app");
  const { t: tSecurity } = useTranslation("security");
  const client = useQueryClient();
  const navigate = useNavigate();
  const screens = useScreens();
  const session = useSession();
  const { user, organisation, phone_page } = session;
  const sounds = { offers: useIsSwitchedOn("offers"), texts: useIsSwitchedOn("texts") };
  const quiet = useQuiet() !== null;
  const [unsent, setUnsent] = useState(0);
  const goAway = () =>
    flushDrafts()
      .then(() => leave(client))
      .then(
      () => navigate("/sign-in", { replace: true }),
      () => toast(t("leave.failed"), { bad: true }),
    );
  const askedToGo = async () => {
    await Promise.race([flushDrafts(), new Promise((done) => setTimeout(done, PATIENCE_MS))]);
    if (countUnsent() > 0) setUnsent(countUnsent());
    else void goAway();
  };
  const last: MenuItem[] = [
    { key: "preferences", label: t("preferences.open"), icon: <Settings2 size={16} />, run: onShow.preferences },
    { key: "keys", label: t("user.keys"), icon: <Keyboard size={16} />, run: onShow.keys },
  ];
  if (receivesWork(session))
    last.unshift({
      key: "quiet", label: t(quiet ? "quiet.end" : "quiet.now"), icon: quiet ? <BellRing size={16} /> : <BellOff size={16} />,
      run: () => (quiet ? endQuiet() : beQuiet(0)),
    });
  if (phone_page) last.push({ key: "phone", label: t("user.phone"), icon: <Smartphone size={16} />, href: phone_page });
  last.push({ key: "security", label: tSecurity("page.menu"), icon: <ShieldCheck size={16} />, run: () => void navigate("/account") });
  last.push({ key: "out", label: t("user.signOut"), icon: <LogOut size={16} />, run: () => void askedToGo() });
  return (
    <>
      <Menu
        label={t("user.menu", { name: user.name })}
        prefix={t("user.menu", { name: user.name })}
        align="end"
        className={styles.user}
        testId="user-menu"
        groups={[
          ...(screens.length > 1 && window.matchMedia(NO_ROOM_FOR_NAV).matches
            ? [{ title: organisation.name, items: screens.map(({ to, name, icon }) => ({ key: name, label: t(`nav.${name}`), icon, run: () => void navigate(to) })) }]
            : []),
          {
            title: t("user.language"),
            items: LANGUAGES.map((language) => ({
              key: language,
              label: t(`user.languages.${language}`),
              checked: user.language === language,
              run: () => changePreferences(client, { language }),
            })),
          },
          {
            title: t("user.theme"),
            items: THEMES.map((theme) => ({
              key: theme,
              label: t(`user.themes.${theme}`),
              icon: THEME_ICONS[theme],
              checked: user.theme === theme,
              run: () => changePreferences(client, { theme }),
            })),
          },
          ...(receivesWork(session)
            ? [{ title: t("user.sound"), items: SOUNDS.map((one) => ({ key: one, label: t(`user.soundOf.${one}`), icon: sounds[one] ? <Volume2 size={16} /> : <VolumeX size={16} />, checked: sounds[one], toggles: true, run: () => switchSound(one) })) }]
            : []),
          { items: last },
        ]}
      >
        <Avatar name={user.name} />
      </Menu>
      {unsent > 0 && (
        <Dialog title={t("leave.title")} closeLabel={t("close")} onClose={() => setUnsent(0)}>
          <div className={styles.leave}>
            <p>{t("leave.unsent", { count: unsent })}</p>
            <div>
              <Button onClick={() => setUnsent(0)}>{t("leave.stay")}</Button>
              <Button
                look="danger"
                data-testid="leave"
                onClick={() => {
                  setUnsent(0);
                  void goAway();
                }}
              >
                {t("leave.go")}
              </Button>
            </div>
          </div>
        </Dialog>
      )}
    </>
  );
}
