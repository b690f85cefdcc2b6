import { useQueryClient } from "@tanstack/react-query";
import i18next from "i18next";
import { createContext, lazy, Suspense, useCallback, useContext, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Outlet, useNavigate, useSearchParams } from "react-router";
import { isObserver, receivesWork, useCounts, useSession } from "@/api/session";
import type { Row } from "@/api/types";
import { ConsultStrip } from "@/features/conversation/Consult";
import { rowsChanged } from "@/features/conversationList/events";
import { useCalls } from "@/features/calls/api";
import { Calls } from "@/features/calls/Calls";
import { useAlive, useOffers } from "@/features/offers/api";
import { OfferStack } from "@/features/offers/OfferStack";
import { StateBar } from "@/features/presence/StateBar";
import { useIdleLock } from "@/features/session/idleLock";
import { ProofHost } from "@/features/session/ProofHost";
import { address, configureFormats } from "@/ui/format";
import { allowSingleKeys, useKeys } from "@/ui/keys";
import { usePaletteKey } from "@/ui/paletteKey";
import { armByFirstUse } from "@/ui/sound";
import { Toasts } from "@/ui/toasts";
import { announce, Announcer } from "./announce";
import { useAppCommands } from "./appCommands";
import { setLanguage } from "./i18n";
import { KeySheet } from "./KeySheet";
import { LiveDesk } from "./liveDesk";
import { notice } from "./notices";
import styles from "./Signed.module.css";
import { playText, soundIsOn, useSoundIsOn } from "./sounds";
import { setTheme } from "./theme";
import { TopBar } from "./TopBar";

const Palette = lazy(() => import("./palette/Palette"));
const SearchDialog = lazy(() => import("@/features/search/SearchDialog").then((one) => ({ default: one.SearchDialog })));
const Preferences = lazy(() => import("./preferences/Preferences"));

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
  const shown = useSearchParams()[0].get("c");
  const [over, setOver] = useState<"keys" | "palette" | "preferences" | "search" | null>(null);
  const [lookedFor, setLookedFor] = useState("");
  const maySearch = !isObserver(session);
  const lookFor = useCallback((text: string) => {
    setLookedFor(text);
    setOver("search");
  }, []);
  const show = { keys: () => setOver("keys"), preferences: () => setOver("preferences"), search: maySearch ? () => lookFor("") : null };

  // Before the first drawing: what is below reads the formats and the outbox at once.
  configureFormats({ language: user.language, timeZone: organisation.time_zone });
  const [live] = useState(
    () =>
      new LiveDesk(client, session, (row: Row, text: string) => {
        if (row.owner_id !== user.id) return;
        announce(i18next.t("arrived", { name: row.contact.name ?? address(row.contact.address), text }));
        // Who has the conversation before his eyes sees it come.
        const seen = document.hasFocus() && new URLSearchParams(location.search).get("c") === row.id;
        if (!seen && soundIsOn("texts")) playText();
        notice(i18next.t("notices.text", { name: row.contact.name ?? address(row.contact.address) }), {
          about: `text-${row.id}`, open: () => void navigate(`/?view=mine&c=${row.id}`),
        });
      }),
  );
  useEffect(() => {
    live.start();
    return () => live.stop();
  }, [live]);
  useEffect(() => setLanguage(user.language), [user.language]);
  useEffect(() => setTheme(user.theme), [user.theme]);
  useEffect(() => {
    document.documentElement.dataset.density = user.density;
    allowSingleKeys(user.single_keys);
  }, [user.density, user.single_keys]);
  useEffect(() => armByFirstUse(), []);
  useIdleLock();
  const works = receivesWork(session);
  const offers = useOffers(works);
  const calls = useCalls(works);
  const called = (text: string) => {
    announce(text);
    if (soundIsOn("texts")) playText();
    notice(text, { about: "call", open: () => void navigate("/") });
  };
  const sound = useSoundIsOn("offers");
  const alive = useAlive(offers);
  useTitle(alive.length);
  const newest = alive.at(-1)?.id;
  useEffect(() => {
    if (newest) notice(i18next.t("notices.offer"), { about: "offer", open: () => undefined });
  }, [newest]);
  const accepted = (row: Row, busy: boolean) => {
    rowsChanged(client, [row], user.id);
    if (!busy) void navigate(`/?view=mine&c=${row.id}`);
  };

  useKeys({
    "?": show.keys,
    f: () => show.search?.(),
    "g i": () => void navigate("/"),
    "g s": () => void (user.role === "agent" || navigate("/supervision")),
    "g a": () => void (user.role === "administrator" && navigate("/admin")),
  });

  useAppCommands(show);
  usePaletteKey(() => setOver("palette"));

  return (
    <LiveContext value={live}>
      <div className={styles.frame}>
        <TopBar onShow={show} />
        {works && <StateBar />}
        <OfferStack offers={offers} sound={sound} announce={announce} onAccepted={accepted} />
        {!isObserver(session) && <ConsultStrip shown={shown} onOpen={(id) => void navigate(`/?view=all&c=${id}`)} />}
        {works && <Calls calls={calls} shown={shown} onOpen={(id) => void navigate(`/?view=mine&c=${id}`)} onNew={called} />}
        <Outlet />
      </div>
      <Announcer />
      <Toasts closeLabel={t("close")} />
      <ProofHost />
      {over === "keys" && <KeySheet onClose={() => setOver(null)} />}
      <Suspense fallback={null}>
        {over === "search" && (
          <SearchDialog
            first={lookedFor}
            onClose={() => setOver(null)}
            onOpen={(id, seq) => {
              setOver(null);
              void navigate(`/?view=all&c=${id}${seq === null ? "" : `&m=${seq}`}`);
            }}
          />
        )}
        {over === "palette" && <Palette onClose={() => setOver(null)} onSearch={maySearch ? lookFor : null} />}
        {over === "preferences" && <Preferences onClose={() => setOver(null)} />}
      </Suspense>
    </LiveContext>
  );
}

/** "(3) Palabre" and a favicon with the figure, and before it what is offered: seen from another tab. */
function useTitle(offers: number): void {
  const { t } = useTranslation("app");
  const unread = useCounts()?.mine.unread ?? 0;
  useEffect(() => {
    const title = unread > 0 ? t("title", { count: unread }) : t("product");
    document.title = offers > 0 ? t("offered", { count: offers, title }) : title;
    document
      .getElementById("favicon")
      ?.setAttribute("href", `${import.meta.env.BASE_URL}favicon/${Math.min(unread + offers, 9)}.svg`);
  }, [t, unread, offers]);
}
