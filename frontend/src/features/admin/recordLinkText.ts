import type { Same } from "@/ui/text";

const en = {
  title: "The client’s own record",
  lead: "Beside each conversation, a link to this person in your own system. {number} stands for +229…, {digits} for the same without +, and the key of an attribute in braces for its value.",
  name: "Name of the system",
  template: "Address",
  example: "https://crm.example/clients?tel={number}",
  empty: "Empty: no link is shown.",
  save: "Save",
  saved: "Saved",
  loading: "Loading",
  failed: "This could not be loaded.",
  retry: "Try again",
};

const fr: Same<typeof en> = {
  title: "La fiche du client chez vous",
  lead: "À côté de chaque conversation, un lien vers cette personne dans votre propre système. {number} vaut +229…, {digits} la même chose sans +, et la clé d’un attribut entre accolades vaut sa valeur.",
  name: "Nom du système",
  template: "Adresse",
  example: "https://crm.example/clients?tel={number}",
  empty: "Vide : aucun lien n’est montré.",
  save: "Enregistrer",
  saved: "Enregistré",
  loading: "Chargement",
  failed: "Cela n’a pas pu être chargé.",
  retry: "Réessayer",
};

export const text = { en, fr };
