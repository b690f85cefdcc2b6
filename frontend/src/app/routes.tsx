import { useQueryClient } from "@tanstack/react-query";
import { CloudOff, Compass, Wrench } from "lucide-react";
import { lazy, Suspense, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { BrowserRouter, Navigate, Route, Routes, useLocation, useNavigate } from "react-router";
import { announceSignedOut, ApiError, LOCKED } from "@/api/fetch";
import { sessionKey, usePlansStaffing, useSessionQuery, useWatchesLinks } from "@/api/session";
import type { Language } from "@/api/types";
import { signOut } from "@/features/session/api";
import { useLocked } from "@/features/session/lock";
import { LockScreen } from "@/features/session/LockScreen";
import { ProofHost } from "@/features/session/ProofHost";
import { SignInPage } from "@/features/session/SignInPage";
import { Button } from "@/ui/Button";
import { ErrorBoundary } from "@/ui/ErrorBoundary";
import { Empty, Skeleton } from "@/ui/States";
import { firstLanguage, setLanguage } from "./i18n";
import { Logo } from "./Logo";
import { DeskPage } from "./pages/DeskPage";
import { Signed } from "./Signed";
import { SupervisionTabs } from "./SupervisionTabs";
import { useScreens } from "./TopBar";
import styles from "./Signed.module.css";

// The desk must open fast on an old PC; what only a few people see is fetched when they ask.
const SupervisionPage = lazy(() => import("@/features/supervision/SupervisionPage"));
const TrafficPage = lazy(() => import("@/features/traffic/TrafficPage"));
const HistoryPage = lazy(() => import("@/features/history/HistoryPage"));
const StaffingPage = lazy(() => import("@/features/staffing/StaffingPage"));
const FilterWatchPage = lazy(() => import("@/features/admin/FilterWatchPage"));
const KnowledgePage = lazy(() => import("@/features/admin/KnowledgePage"));
const RepliesPage = lazy(() => import("@/features/admin/RepliesPage"));
const LinksLivePage = lazy(() => import("@/features/admin/LinksLivePage"));
const AdminPage = lazy(() => import("@/features/admin/AdminPage"));
const SecurityPage = lazy(() => import("@/features/session/SecurityPage"));

const RETRY_MS = 5000;

export function App() {
  return (
    <BrowserRouter>
      <ErrorBoundary instead={<Failed />}>
        <Routes>
          <Route path="/sign-in" element={<SignIn />} />
          <Route element={<Gate />}>
            <Route path="/" element={<DeskPage />} />
            <Route path="/supervision" element={<Later screen="supervision"><SupervisionPage tabs={<SupervisionTabs />} /></Later>} />
            <Route path="/supervision/traffic" element={<Later screen="supervision"><TrafficPage tabs={<SupervisionTabs />} /></Later>} />
            <Route path="/supervision/staffing" element={<Later screen="staffing"><StaffingPage tabs={<SupervisionTabs />} /></Later>} />
            <Route path="/supervision/history" element={<Later screen="supervision"><HistoryPage tabs={<SupervisionTabs />} /></Later>} />
            <Route path="/supervision/filter" element={<Later screen="supervision"><FilterWatchPage tabs={<SupervisionTabs />} /></Later>} />
            <Route path="/supervision/replies" element={<Later screen="staffing"><RepliesPage tabs={<SupervisionTabs />} /></Later>} />
            <Route path="/supervision/knowledge" element={<Later screen="staffing"><KnowledgePage tabs={<SupervisionTabs />} /></Later>} />
            <Route path="/supervision/links" element={<Later screen="links"><LinksLivePage tabs={<SupervisionTabs />} /></Later>} />
            <Route path="/admin/:section?" element={<Later screen="admin"><AdminPage /></Later>} />
            <Route path="/account" element={<Fetched><SecurityPage /></Fetched>} />
            <Route path="*" element={<NotFound />} />
          </Route>
        </Routes>
      </ErrorBoundary>
    </BrowserRouter>
  );
}

/** A screen that is fetched when it is asked for. Whose role has no such screen gets his desk, and not its empty shell. */
function Later({ screen, children }: { screen: "supervision" | "admin" | "links" | "staffing"; children: React.ReactNode }) {
  const screens = useScreens();
  const may = { links: useWatchesLinks(), staffing: usePlansStaffing() };
  if (screen === "links" || screen === "staffing" ? !may[screen] : !screens.some(({ name }) => name === screen)) return <Navigate to="/" replace />;
  return <Fetched>{children}</Fetched>;
}

function Fetched({ children }: { children: React.ReactNode }) {
  const { t } = useTranslation("app");
  return (
    <ErrorBoundary instead={<Failed />}>
      <Suspense fallback={<Skeleton rows={8} label={t("loading")} />}>{children}</Suspense>
    </ErrorBoundary>
  );
}

/** The one place that asks for a reload: the page's own code is broken or gone. Drafts and unsent texts are stored. */
function Failed() {
  const { t } = useTranslation("app");
  return (
    <main className={styles.page}>
      <Empty icon={<Wrench size={24} />} title={t("failed")} text={t("failedText")}>
        <Button onClick={() => location.reload()}>{t("reload")}</Button>
      </Empty>
    </main>
  );
}

/** Lets the signed-in through; others sign in and come back to where they wanted to go. */
function Gate() {
  const { t } = useTranslation("app");
  const location = useLocation();
  const { data, error, refetch } = useSessionQuery();
  const client = useQueryClient();
  const isLocked = useLocked() || (!data && error instanceof ApiError && error.status === LOCKED);
  const isHeld = !data && error instanceof ApiError && error.code === "factor_due";
  const broken = !data && error !== null && !isHeld && !isLocked && !(error instanceof ApiError && error.status === 401);
  const [wasHere, setWasHere] = useState(false);
  if (data && !wasHere) setWasHere(true);
  const leaveHere = () => void signOut().then(() => announceSignedOut()).then(() => client.resetQueries({ queryKey: sessionKey }));
  useEffect(() => {
    if (!broken) return;
    const timer = setInterval(() => void refetch(), RETRY_MS);
    return () => clearInterval(timer);
  }, [broken, refetch]);

  if (isLocked) return <LockScreen logo={<Logo large />} product={t("product")} onOther={leaveHere} />;
  if (isHeld)
    return (
      <Fetched>
        <SecurityPage held onReady={() => void refetch()} beside={<Button onClick={leaveHere}>{t("user.signOut")}</Button>} />
        <ProofHost />
      </Fetched>
    );
  if (data) return <Signed key={data.user.id} />;
  if (broken)
    return (
      <main className={styles.page}>
        <Empty icon={<CloudOff size={24} />} title={t("broken")} text={t("brokenText")}>
          <Button onClick={() => void refetch()}>{t("retry")}</Button>
        </Empty>
      </main>
    );
  if (error) return <Navigate to="/sign-in" replace state={{ from: location.pathname + location.search, ended: wasHere }} />;
  return (
    <main className={styles.page} aria-busy="true">
      <Logo large />
      <span className="visually-hidden" role="status">
        {t("loading")}
      </span>
    </main>
  );
}

function SignIn() {
  const { data, error } = useSessionQuery();
  const { from = "/", ended = false } = (useLocation().state as { from?: string; ended?: boolean } | null) ?? {};
  // Whoever must first unlock, or set up a second factor, does so where he wants to go.
  const waits = error instanceof ApiError && (error.status === LOCKED || error.code === "factor_due");
  if (data || waits) return <Navigate to={from} replace />;
  return <SignInPage logo={<Logo large />} languages={<LanguageSwitch />} ended={ended} />;
}

function LanguageSwitch() {
  const { t } = useTranslation("app");
  const [language, choose] = useState<Language>(firstLanguage);
  return (
    <div role="group" aria-label={t("user.language")}>
      {(["fr", "en"] as const).map((one) => (
        <Button
          key={one}
          look="quiet"
          size="small"
          aria-pressed={one === language}
          lang={one}
          onClick={() => {
            choose(one);
            setLanguage(one);
          }}
        >
          {t(`user.languages.${one}`)}
        </Button>
      ))}
    </div>
  );
}

function NotFound() {
  const { t } = useTranslation("app");
  const navigate = useNavigate();
  return (
    <main className={styles.page}>
      <Empty icon={<Compass size={24} />} title={t("notFound")}>
        <Button onClick={() => void navigate("/")}>{t("toDesk")}</Button>
      </Empty>
    </main>
  );
}
