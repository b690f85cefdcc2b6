import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { CircleCheck, CircleMinus, CircleX, LoaderCircle } from "lucide-react";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { get, post } from "@/api/fetch";
import type { LinkTest } from "@/api/types";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { number } from "@/ui/format";
import { adminKey } from "./api";
import { linksEn } from "./linksText";
import styles from "./LinksLive.module.css";

const EVERY_MS = 400;
const ICONS = { ok: CircleCheck, failed: CircleX, skipped: CircleMinus };
type Step = keyof typeof linksEn.test.step;
type Code = keyof typeof linksEn.test.code;

const running = (test: LinkTest | undefined) => test === undefined || test.state === "waiting" || test.state === "running";

/** Has a gateway try the link, and tells each step as it ends. */
export function LinkTestDialog({ id, name, onClose }: { id: string; name: string; onClose: () => void }) {
  const { t } = useTranslation("admin");
  const client = useQueryClient();
  const key = [...adminKey, "test", id];
  const ask = useMutation({
    mutationFn: () => post<LinkTest>(`/api/admin/links/${id}/test`, {}),
    onSuccess: (test) => client.setQueryData(key, test),
  });
  const { data } = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => get<LinkTest>(`/api/admin/links/${id}/test`, signal),
    enabled: ask.isSuccess,
    refetchInterval: ({ state }) => (running(state.data) ? EVERY_MS : false),
  });
  const { mutate } = ask;
  useEffect(() => mutate(), [mutate]);
  const test = ask.isSuccess ? data : undefined;
  const bad = test?.steps.some(({ result }) => result === "failed");
  return (
    <Dialog title={t("work.test.title", { name })} closeLabel={t("close")} look="side" onClose={onClose}>
      <div className={styles.test} data-testid="link-test" data-state={test?.state ?? ""}>
        <ol>
          {test?.steps.map((step) => {
            const Icon = ICONS[step.result];
            const code: Code = step.code in linksEn.test.code ? (step.code as Code) : "other";
            return (
              <li key={step.step} className={styles[step.result]} data-code={step.code}>
                <Icon size={18} aria-hidden="true" />
                <div>
                  <strong>
                    {t(`work.test.step.${step.step in linksEn.test.step ? (step.step as Step) : "end"}`)}
                    <span className="visually-hidden"> {t(`work.test.${step.result}`)}</span>
                  </strong>
                  <p>{words(t(`work.test.code.${code}`, { ...BLANK, ...spoken(step.facts) }))}</p>
                </div>
              </li>
            );
          })}
        </ol>
        <p role="status" className={bad ? styles.verdictBad : styles.verdict}>
          {ask.isError ? t("errorText")
          : test === undefined || test.state === "waiting" ? <Waits text={t("work.test.waiting")} />
          : test.state === "running" ? <Waits text={t("work.test.running")} />
          : test.state === "abandoned" ? t("work.test.abandoned")
          : bad ? t("work.test.bad")
          : t("work.test.good")}
        </p>
        <Button disabled={ask.isPending || (ask.isSuccess && running(test))} onClick={() => mutate()}>
          {t("work.test.again")}
        </Button>
      </div>
    </Dialog>
  );
}

/** What a sentence may speak of and a step may leave out. */
const BLANK = Object.fromEntries(
  ["host", "addresses", "where", "ms", "seconds", "detail", "version", "until", "system_id", "kind", "bound", "of"].map((name) => [name, "–"]),
);

const spoken = (facts: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, typeof value === "number" ? number(value) : (value ?? "–")]));

const words = (text: string) => text.replace(/ –$/, "");

function Waits({ text }: { text: string }) {
  return (
    <>
      <LoaderCircle size={16} className={styles.turns} aria-hidden="true" /> {text}
    </>
  );
}
