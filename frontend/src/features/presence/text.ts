import type { Same } from "@/ui/text";

const en = {
  label: "My state",
  prefix: "My state: ",
  state: { available: "Available", busy: "Busy", break: "On a break", offline: "Offline" },
  reason: { lunch: "Lunch", pause: "Short break", training: "Training", meeting: "Meeting", paperwork: "Paperwork", other: "Other" },
  load: "{{load}} of {{capacity}} conversations",
  failed: "Your state could not be changed.",
};

const fr: Same<typeof en> = {
  label: "Mon état",
  prefix: "Mon état : ",
  state: { available: "Disponible", busy: "Occupé", break: "En pause", offline: "Absent" },
  reason: { lunch: "Déjeuner", pause: "Courte pause", training: "Formation", meeting: "Réunion", paperwork: "Dossiers", other: "Autre" },
  load: "{{load}} conversations sur {{capacity}}",
  failed: "Votre état n’a pas pu être changé.",
};

export const text = { en, fr };
