import { useQueryClient } from "@tanstack/react-query";
import i18next from "i18next";
import { createContext, useContext, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Outlet, useNavigate } from "react-router";
import { useCounts, useSession } from "@/api/session";
import type { Row } from "@/api/types";
import { address, configureFormats } from "@/ui/format";
import { useKeys } from "@/ui/keys";
import { Toasts } from "@/ui/toasts";
import { announce, Announcer } from "./announce";
import { setLanguage } from "./i18n";
import { KeySheet } from "./KeySheet";
import { LiveDesk } from "./liveDesk";
import styles from "./Signed.module.css";
import { setTheme } from "./theme";
import { TopBar } from "./TopBar";

const LiveContext = createContext<LiveDesk | null>(null);

export function useLiveDesk(): LiveDesk {
  const live = useContext(LiveContext);
  if (!live) throw new Error("useLiveDesk outside of the signed-in frame");
  return live;
}

/** The frame of every screen behind the sign-in: bar, live connection, preferences, title and favicon. */
export function Signed() {
  const { t } = useTranslation("app");
  const client = useQueryClient();
  const session = useSession();
  const { user, organisation } = session;
  const navigate = useNavigate();
  const [keysShown, setKeysShown] = useState(false);

  // Before the first drawing: what is below reads the formats and the outbox at once.
  configureFormats({ language: user.language, timeZone: organisation.time_zone });
  const [live] = useState(
    () =>
      new LiveDesk(client, session, (row: Row, text: string) => {
        if (row.owner_id === user.id) announce(i18next.t("arrived", { name: row.contact.name ?? address(row.contact.address), text }));
      }),
  );
  useEffect(() => {
    live.start();
    return () => live.stop();
  }, [live]);
  useEffect(() => setLanguage(user.language), [user.language]);
  useEffect(() => setTheme(user.theme), [user.theme]);
  useUnreadTitle();

  useKeys({
    "?": () => setKeysShown(true),
    "g i": () => void navigate("/"),
    "g s": () => void (user.role === "agent" || navigate("/supervision")),
    "g a": () => void (user.role === "administrator" && navigate("/admin")),
  });

  return (
    <LiveContext value={live}>
      <div className={styles.frame}>
        <TopBar onKeys={() => setKeysShown(true)} />
        <Outlet />
      </div>
      <Announcer />
      <Toasts closeLabel={t("close")} />
      {keysShown && <KeySheet onClose={() => setKeysShown(false)} />}
    </LiveContext>
  );
}

/** "(3) Palabre" and a favicon with the figure: seen from another tab. */
function useUnreadTitle(): void {
  const { t } = useTranslation("app");
  const unread = useCounts()?.mine.unread ?? 0;
  useEffect(() => {
    document.title = unread > 0 ? t("title", { count: unread }) : t("product");
    document
      .getElementById("favicon")
      ?.setAttribute("href", `${import.meta.env.BASE_URL}favicon/${Math.min(unread, 9)}.svg`);
  }, [t, unread]);
}
