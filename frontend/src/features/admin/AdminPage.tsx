import {
  Activity, BellOff, BookOpen, Bot, CalendarClock, CircleUser, CloudOff, DatabaseZap, DoorOpen, FileClock, Gauge, Goal, GraduationCap, Handshake, Hash, Inbox, KeyRound, Lightbulb, ListChecks, Plus, Radio,
  ShieldCheck, Signpost, Split, Tags, Users, UsersRound, Zap,
} from "lucide-react";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link, NavLink, useParams } from "react-router";
import { Button } from "@/ui/Button";
import look from "@/ui/nav.module.css";
import { Empty, Skeleton } from "@/ui/States";
import { useSession } from "@/api/session";
import { useTable, type Tables } from "./api";
import { AuditTable } from "./AuditTable";
import { ApplicationsSection } from "./ApplicationsSection";
import { BotSection } from "./BotSection";
import { ConsentSection } from "./ConsentSection";
import { FilterSection } from "./FilterSection";
import { HandoverSection } from "./HandoverSection";
import { HealthTable } from "./HealthTable";
import { RepliesSection } from "./RepliesSection";
import { HoursSection } from "./HoursSection";
import { useSchedules } from "./hoursApi";
import { lineFields, linkFields } from "./fields";
import { KINDS, kindOf, type LinkKind } from "./linkKinds";
import { KnowledgeSection } from "./KnowledgeSection";
import { ListsSection } from "./ListsSection";
import { LookupsSection } from "./LookupsSection";
import { PlanPicker } from "./PlanPicker";
import { SideForm, type Field } from "./SideForm";
import { NumbersSection } from "./NumbersSection";
import { LearningSection } from "./LearningSection";
import { LevelsSection } from "./LevelsSection";
import { QueuesSection } from "./QueuesSection";
import { RulesSection } from "./RulesSection";
import { SkillsSection } from "./SkillsSection";
import { StatesSection } from "./StatesSection";
import { TagsSection } from "./TagsSection";
import { TargetsSection } from "./TargetsSection";
import { MediaKept } from "./MediaKept";
import { SecuritySection } from "./SecuritySection";
import { TeamsSection } from "./TeamsSection";
import { UsersSection } from "./UsersSection";
import { LinesTable, LinksTable } from "./tables";
import styles from "./Admin.module.css";

const SECTIONS = [
  "users", "teams", "security", "queues", "skills", "levels", "states", "lines", "hours", "targets", "filter", "rules", "handover", "bot", "learning", "lists", "tags",
  "knowledge", "replies", "links", "numbers", "consent", "lookups", "applications", "audit", "health",
] as const;
type SectionName = (typeof SECTIONS)[number];
/** Sections that are pages of their own; the others are a table with a form. */
const PAGES = {
  users: UsersSection, teams: TeamsSection, security: SecuritySection,
  queues: QueuesSection, skills: SkillsSection, levels: LevelsSection, states: StatesSection,
  hours: HoursSection, targets: TargetsSection, filter: FilterSection, rules: RulesSection, handover: HandoverSection, bot: BotSection, learning: LearningSection, lists: ListsSection, tags: TagsSection,
  knowledge: KnowledgeSection, replies: RepliesSection, consent: ConsentSection, numbers: NumbersSection, lookups: LookupsSection, applications: ApplicationsSection,
};
type TableSection = Exclude<SectionName, keyof typeof PAGES>;
const isPage = (section: SectionName): section is keyof typeof PAGES => section in PAGES;
const ICONS: Record<SectionName, ReactNode> = {
  users: <Users size={16} />,
  teams: <UsersRound size={16} />,
  security: <ShieldCheck size={16} />,
  queues: <Inbox size={16} />,
  skills: <GraduationCap size={16} />,
  levels: <Gauge size={16} />,
  states: <CircleUser size={16} />,
  lines: <Signpost size={16} />,
  hours: <CalendarClock size={16} />,
  targets: <Goal size={16} />,
  filter: <DoorOpen size={16} />,
  rules: <Split size={16} />,
  handover: <Handshake size={16} />,
  bot: <Bot size={16} />,
  learning: <Lightbulb size={16} />,
  lists: <ListChecks size={16} />,
  tags: <Tags size={16} />,
  knowledge: <BookOpen size={16} />,
  replies: <Zap size={16} />,
  links: <Radio size={16} />,
  numbers: <Hash size={16} />,
  consent: <BellOff size={16} />,
  lookups: <DatabaseZap size={16} />,
  applications: <KeyRound size={16} />,
  audit: <FileClock size={16} />,
  health: <Activity size={16} />,
};

export default function AdminPage() {
  const { t } = useTranslation("admin");
  const wanted = useParams().section;
  const section = SECTIONS.find((one) => one === wanted) ?? "users";
  const nav = useRef<HTMLElement>(null);
  // The list is longer than a low screen, and on a phone a strip that is wider: the one that is open is in sight.
  useEffect(() => {
    const strip = nav.current;
    const open = strip?.querySelector<HTMLElement>("[aria-current]");
    if (strip && open) strip.scrollTo({
        left: open.offsetLeft - (strip.clientWidth - open.offsetWidth) / 2,
        top: open.offsetTop - (strip.clientHeight - open.offsetHeight) / 2,
      });
  }, [section]);
  return (
    <div className={styles.admin}>
      <nav ref={nav} className={styles.nav} aria-label={t("title")}>
        {SECTIONS.map((one) => (
          <NavLink key={one} to={`/admin/${one}`} className={`${look.link} ${one === section ? look.active : ""}`} aria-current={one === section ? "page" : undefined}>
            {ICONS[one]}
            {t(`sections.${one}`)}
          </NavLink>
        ))}
      </nav>
      <main className={styles.page}>
        {isPage(section) ? <Page of={section} /> : <SectionPage key={section} section={section} />}
      </main>
    </div>
  );
}

function Page({ of }: { of: keyof typeof PAGES }) {
  const Shown = PAGES[of];
  return <Shown />;
}

function SectionPage({ section }: { section: TableSection }) {
  const { t } = useTranslation("admin");
  const [edited, setEdited] = useState<string | null | undefined>(undefined);
  const table = useTable(section);
  return (
    <>
      <header className={styles.head}>
        <div>
          <h1>{t(`sections.${section}`)}</h1>
          <p>{t(`lead.${section}`)}</p>
          {section === "links" && <Link to="/supervision/links">{t("work.seeLive")}</Link>}
        </div>
        {section !== "audit" && section !== "health" && (
          <Button look="primary" icon={<Plus size={16} aria-hidden="true" />} onClick={() => setEdited(null)} data-testid="add">
            {t(`add.${section}`)}
          </Button>
        )}
      </header>
      {table.data ? (
        <Content section={section} data={table.data} failed={table.isError} edited={edited} onEdit={setEdited} />
      ) : table.isError ? (
        <Empty icon={<CloudOff size={24} />} title={t("error")} text={t("errorText")}>
          <Button onClick={() => void table.refetch()}>{t("retry")}</Button>
        </Empty>
      ) : (
        <Skeleton rows={6} label={t("loading")} />
      )}
    </>
  );
}

interface ContentProps {
  section: TableSection;
  data: Tables[TableSection];
  /** The last question was not answered: the data is from before. */
  failed: boolean;
  /** undefined: no form; null: a new one. */
  edited: string | null | undefined;
  onEdit: (id: string | null | undefined) => void;
}

function Content({ section, data, failed, edited, onEdit }: ContentProps) {
  const close = () => onEdit(undefined);
  switch (section) {
    case "audit":
      return <AuditTable items={(data as Tables["audit"]).items} />;
    case "health":
      return <HealthTable health={data as Tables["health"]} failed={failed} />;
    case "lines": {
      const lines = data as Tables["lines"];
      return (
        <>
          <LinesTable items={lines.items} onEdit={onEdit} />
          {edited !== undefined && <LineForm table={lines} id={edited} onClose={close} />}
        </>
      );
    }
    case "links": {
      const links = data as Tables["links"];
      return (
        <>
          <LinksTable items={links.items} onEdit={onEdit} />
          <MediaKept />
          {edited !== undefined && <LinkForm table={links} id={edited} onClose={close} />}
        </>
      );
    }
  }
}

interface FormOfProps {
  kind: "lines" | "links";
  id: string | null;
  fields: Field[];
  fixed?: Record<string, unknown>;
  head?: ReactNode;
  onClose: () => void;
}

function FormOf({ kind, id, ...rest }: FormOfProps) {
  const { t } = useTranslation("admin");
  return <SideForm kind={kind} id={id} title={id === null ? t(`add.${kind}`) : t(`edit.${kind}`)} {...rest} />;
}

function LineForm({ table, id, onClose }: { table: Tables["lines"]; id: string | null; onClose: () => void }) {
  const { t } = useTranslation("admin");
  const { queues } = useSession();
  const links = useTable("links").data;
  const line = table.items.find((one) => one.id === id) ?? null;
  const schedules = useSchedules().data;
  // The form is filled once: it waits for the links and hours that it offers.
  if (!links || !schedules) return null;
  return <FormOf kind="lines" id={id} fields={lineFields(t, line, { bots: table.bots, engines: table.engines, queues, links: links.items, schedules: schedules.items })} onClose={onClose} />;
}

function LinkForm({ table, id, onClose }: { table: Tables["links"]; id: string | null; onClose: () => void }) {
  const { t } = useTranslation("admin");
  const link = table.items.find((one) => one.id === id) ?? null;
  const [chosen, choose] = useState<LinkKind>("sms.smpp");
  const kind = link ? kindOf(link.adapter) : chosen;
  const offered = KINDS.filter((one) => table.adapters.includes(one));
  // A link keeps its kind; another kind has other fields, so its form begins anew.
  const head = link === null && offered.length > 1 && (
    <div className={styles.field}>
      <label htmlFor="link-kind">{t("field.adapter")}</label>
      <select id="link-kind" value={kind} onChange={(event) => choose(kindOf(event.target.value))}>
        {offered.map((one) => (
          <option key={one} value={one}>
            {t(`kinds.${one.slice(4) as "smpp" | "twilio" | "http"}`)}
          </option>
        ))}
      </select>
    </div>
  );
  return <FormOf key={kind} kind="links" id={id} fields={linkFields(t, link, kind, (fill) => <PlanPicker onTake={fill} />)} fixed={{ adapter: kind }} head={head} onClose={onClose} />;
}
