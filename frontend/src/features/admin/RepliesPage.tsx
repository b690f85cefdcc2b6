import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import page from "@/ui/page.module.css";
import { RepliesSection } from "./RepliesSection";

/** Canned replies, for those who keep them and do not administer. `tabs`: the way to supervision's other pages. */
export default function RepliesPage({ tabs }: { tabs: ReactNode }) {
  const { t } = useTranslation("replies");
  return (
    <main className={page.page} tabIndex={0} aria-label={t("title")}>
      <div className={page.content}>
        <header className={page.head}>{tabs}</header>
        <RepliesSection />
      </div>
    </main>
  );
}
