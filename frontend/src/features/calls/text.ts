import type { Same } from "@/ui/text";

const en = {
  label: "What has come due",
  callback: "You promised {{name}} to come back at {{when}}.",
  snooze: "{{name}}: the time that you set has come ({{when}}).",
  open: "Open",
  dismiss: "Later",
};

const fr: Same<typeof en> = {
  label: "Ce qui est dû",
  callback: "Vous avez promis à {{name}} de revenir à {{when}}.",
  snooze: "{{name}} : l’heure que vous aviez fixée est venue ({{when}}).",
  open: "Ouvrir",
  dismiss: "Plus tard",
};

export const text = { en, fr };
