import { useQueryClient } from "@tanstack/react-query";
import { Volume2 } from "lucide-react";
import { useId, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { receivesWork, useSession } from "@/api/session";
import type { Density, Language, Theme } from "@/api/types";
import { changePreferences } from "@/features/session/api";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { clockTime } from "@/ui/format";
import { switchNotices, useNotices } from "../notices";
import { beQuiet, endQuiet, STRETCHES, useQuiet } from "../quiet";
import { SOUNDS, switchSound, tryOut, useIsSwitchedOn, type Sound } from "../sounds";
import styles from "./Preferences.module.css";

const THEMES: Theme[] = ["system", "light", "dark", "contrast"];
const LANGUAGES: Language[] = ["fr", "en"];
const DENSITIES: Density[] = ["roomy", "compact"];

/** What somebody sets for himself: each change holds at once. */
export default function Preferences({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("app");
  const client = useQueryClient();
  const session = useSession();
  const { user } = session;
  return (
    <Dialog title={t("preferences.title")} closeLabel={t("close")} look="side" onClose={onClose}>
      <div className={styles.page} data-testid="preferences">
        <section>
          <h3>{t("preferences.look")}</h3>
          <Choice name={t("user.theme")} value={user.theme} values={THEMES} label={(one) => t(`user.themes.${one}`)} onChoose={(theme) => changePreferences(client, { theme })} />
          <Choice name={t("user.language")} value={user.language} values={LANGUAGES} label={(one) => t(`user.languages.${one}`)} onChoose={(language) => changePreferences(client, { language })} />
          <Choice name={t("preferences.density")} value={user.density} values={DENSITIES} label={(one) => t(`preferences.densities.${one}`)} onChoose={(density) => changePreferences(client, { density })} />
          <Switch label={t("preferences.keys")} hint={t("preferences.keysHint")} on={user.single_keys} onSwitch={() => changePreferences(client, { single_keys: !user.single_keys })} testId="single-keys" />
          <p className={styles.hint}>{t("preferences.everywhere")}</p>
        </section>
        {receivesWork(session) && <Heard />}
      </div>
    </Dialog>
  );
}

/** Sounds, notifications, quiet: of this browser. */
function Heard() {
  const { t } = useTranslation("app");
  const [unheard, setUnheard] = useState(false);
  const notices = useNotices();
  const quiet = useQuiet();
  const why = notices === "refused" ? t("preferences.noticesRefused") : notices === "none" ? t("preferences.noticesNone") : t("preferences.noticesHint");
  return (
    <section>
      <h3>{t("preferences.sounds")}</h3>
      {SOUNDS.map((one) => (
        <SoundSwitch key={one} sound={one} onTried={(heard) => setUnheard(!heard)} />
      ))}
      <p className={styles.bad} role="status">{unheard ? t("preferences.unheard") : ""}</p>
      <Switch label={t("preferences.notices")} hint={why} on={notices === "on"} disabled={notices === "none"} onSwitch={() => void switchNotices()} testId="notices" />
      <h3>{t("quiet.title")}</h3>
      <p className={styles.hint}>{t("quiet.lead")}</p>
      {quiet === null ? (
        <div className={styles.stretches}>
          {STRETCHES.map(({ name, ms }) => (
            <Button key={name} size="small" onClick={() => beQuiet(ms)} data-testid={`quiet-${name}`}>
              {t(`quiet.stretches.${name}`)}
            </Button>
          ))}
        </div>
      ) : (
        <div className={styles.stretches}>
          <p role="status">{quiet === 0 ? t("quiet.endless") : t("quiet.until", { time: clockTime(new Date(quiet).toISOString()) })}</p>
          <Button size="small" onClick={endQuiet} data-testid="quiet-end">{t("quiet.end")}</Button>
        </div>
      )}
      <p className={styles.hint}>{t("preferences.here")}</p>
    </section>
  );
}

function SoundSwitch({ sound, onTried }: { sound: Sound; onTried: (heard: boolean) => void }) {
  const { t } = useTranslation("app");
  const name = t(`user.soundOf.${sound}`);
  return (
    <Switch label={name} on={useIsSwitchedOn(sound)} onSwitch={() => switchSound(sound)} testId={`sound-${sound}`}>
      <Button look="quiet" size="small" square icon={<Volume2 size={16} />} aria-label={t("preferences.listen", { name })} onClick={() => onTried(tryOut(sound))} />
    </Switch>
  );
}

interface SwitchProps {
  label: string;
  hint?: string;
  on: boolean;
  disabled?: boolean;
  onSwitch: () => void;
  testId: string;
  children?: ReactNode;
}

function Switch({ label, hint, on, disabled = false, onSwitch, testId, children }: SwitchProps) {
  const id = useId();
  return (
    <div className={styles.row}>
      <label className={styles.switch}>
        <input type="checkbox" role="switch" checked={on} disabled={disabled} aria-describedby={hint ? id : undefined} onChange={onSwitch} data-testid={testId} />
        <span>{label}</span>
      </label>
      {children}
      {hint && <p id={id} className={styles.hint}>{hint}</p>}
    </div>
  );
}

interface ChoiceProps<T extends string> {
  name: string;
  value: T;
  values: readonly T[];
  label: (value: T) => string;
  onChoose: (value: T) => void;
}

function Choice<T extends string>({ name, value, values, label, onChoose }: ChoiceProps<T>) {
  const id = useId();
  return (
    <fieldset className={styles.choice}>
      <legend>{name}</legend>
      <div>
        {values.map((one) => (
          <label key={one} className={one === value ? styles.chosen : ""}>
            <input type="radio" name={id} checked={one === value} onChange={() => onChoose(one)} />
            {label(one)}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
