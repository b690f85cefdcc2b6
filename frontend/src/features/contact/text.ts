import type { Same } from "@/ui/text";

const en = {
  panel: "Person",
  close: "Close the panel",
  unknown: "Unknown name",
  hidden: "Name hidden from you",
  addresses: "Addresses",
  copy: "Copy the number",
  copied: "Number copied",
  language: "Language",
  languages: { fr: "French", en: "English", unknown: "Not known yet" },
  line: "Line",
  opened: "Opened on {{when}}",
  conversation: "This conversation",
  handover: "Handed over by the bot",
  reason: {
    asked: "The customer asked for a person",
    unsure: "The bot was not sure",
    failed: "The bot failed",
    rule: "A rule decided",
    other: "Handed over",
  },
  previous: "Previous conversations",
  noPrevious: "First contact",
  loading: "Loading the person",
  error: "The person could not be loaded.",
};

const fr: Same<typeof en> = {
  panel: "Personne",
  close: "Fermer le panneau",
  unknown: "Nom inconnu",
  hidden: "Nom masqué pour vous",
  addresses: "Adresses",
  copy: "Copier le numéro",
  copied: "Numéro copié",
  language: "Langue",
  languages: { fr: "Français", en: "Anglais", unknown: "Pas encore connue" },
  line: "Ligne",
  opened: "Ouverte le {{when}}",
  conversation: "Cette conversation",
  handover: "Transmise par le robot",
  reason: {
    asked: "Le client a demandé un conseiller",
    unsure: "Le robot n’était pas sûr",
    failed: "Le robot a échoué",
    rule: "Une règle en a décidé",
    other: "Transmise",
  },
  previous: "Conversations précédentes",
  noPrevious: "Premier contact",
  loading: "Chargement de la personne",
  error: "La personne n’a pas pu être chargée.",
};

export const text = { en, fr };
