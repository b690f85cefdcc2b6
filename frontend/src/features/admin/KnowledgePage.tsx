import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import page from "@/ui/page.module.css";
import { KnowledgeSection } from "./KnowledgeSection";

/** The articles, for those who write and do not administer. `tabs`: the way to supervision's other pages. */
export default function KnowledgePage({ tabs }: { tabs: ReactNode }) {
  const { t } = useTranslation("knowledge");
  return (
    <main className={page.page} tabIndex={0} aria-label={t("title")}>
      <div className={page.content}>
        <header className={page.head}>{tabs}</header>
        <KnowledgeSection />
      </div>
    </main>
  );
}
