/** The words of the portability table and of wrong numbers. */
import type { Same } from "@/ui/text";

export const numbersEn = {
  lead: "Which operator serves a number, where its prefix does not tell, and numbers that operators refused for good.",
  ported: "Number portability",
  portedText: "Numbers known: {{total}}. A number goes by the link that its last text came by; else by this table; else by its prefix.",
  choose: "Import a CSV file",
  format: "A number and an operator a line, separated by a comma or a semicolon. The operator is named as on its link, or by the link’s name.",
  replace: "It replaces the whole table",
  done: "Imported: {{added}} new, {{changed}} changed, {{same}} as before, {{removed}} removed.",
  refused: "Lines that could not be read: {{total}}.",
  problem: { number: "Line {{line}}: no phone number", operator: "Line {{line}}: no operator", columns: "Line {{line}}: a number and an operator are expected" },
  unknownOperators: "No link has these operators: {{names}}. Their numbers go by the line’s order.",
  find: "Find a number",
  number: "Number",
  operator: "Operator",
  failed: "Not imported: {{reason}}",
  sending: "Sending the file: {{percent}}",
  reading: "The server reads the file: {{percent}}",
  fault: {
    file_empty: "this file is empty",
    file_spreadsheet: "this is a spreadsheet: save it as CSV first",
    file_not_text: "this file is no text",
    csv_broken: "line {{line}}: a quotation mark is opened and not closed",
    no_rows: "no line of this file has a number and an operator",
  },
  wrong: "Wrong numbers",
  wrongText: "An operator said that these numbers do not exist or can no longer be reached.",
  reason: "Reason",
  times: "Times",
  last: "Last",
  remove: "Remove",
  removed: "Removed",
};

export const numbersFr: Same<typeof numbersEn> = {
  lead: "Quel opérateur sert un numéro quand son préfixe ne le dit pas, et les numéros que les opérateurs ont refusés pour de bon.",
  ported: "Portabilité des numéros",
  portedText: "Numéros connus : {{total}}. Un numéro passe par le lien de son dernier texto ; sinon par cette table ; sinon par son préfixe.",
  choose: "Importer un fichier CSV",
  format: "Un numéro et un opérateur par ligne, séparés par une virgule ou un point-virgule. L’opérateur est nommé comme sur son lien, ou par le nom du lien.",
  replace: "Il remplace toute la table",
  done: "Importé : {{added}} nouveaux, {{changed}} changés, {{same}} inchangés, {{removed}} retirés.",
  refused: "Lignes illisibles : {{total}}.",
  problem: { number: "Ligne {{line}} : pas un numéro", operator: "Ligne {{line}} : pas d’opérateur", columns: "Ligne {{line}} : un numéro et un opérateur sont attendus" },
  unknownOperators: "Aucun lien n’a ces opérateurs : {{names}}. Leurs numéros suivent l’ordre de la ligne.",
  find: "Chercher un numéro",
  number: "Numéro",
  operator: "Opérateur",
  failed: "Pas importé : {{reason}}",
  sending: "Envoi du fichier : {{percent}}",
  reading: "Le serveur lit le fichier : {{percent}}",
  fault: {
    file_empty: "ce fichier est vide",
    file_spreadsheet: "c’est un classeur : enregistrez-le d’abord au format CSV",
    file_not_text: "ce fichier n’est pas du texte",
    csv_broken: "ligne {{line}} : un guillemet est ouvert et n’est pas fermé",
    no_rows: "aucune ligne de ce fichier n’a un numéro et un opérateur",
  },
  wrong: "Numéros erronés",
  wrongText: "Un opérateur a dit que ces numéros n’existent pas, ou ne peuvent plus être joints.",
  reason: "Raison",
  times: "Fois",
  last: "Dernière",
  remove: "Retirer",
  removed: "Retiré",
};

/** How long attachments are kept. */
export const mediaEn = {
  title: "Pictures, sounds and films",
  text: "After so many days what came or left with a text is emptied, each night; its conversation still says that there was something. What one sender leaves beyond his share of a day is not kept.",
  keep_days: "Kept for (days)",
  forEver: "for ever",
  sender_mb: "One sender, within a day (MB)",
  saved: "Saved",
};

export const mediaFr: Same<typeof mediaEn> = {
  title: "Images, sons et vidéos",
  text: "Après ce nombre de jours, ce qui est venu ou parti avec un texte est vidé, chaque nuit ; sa conversation dit encore qu’il y avait quelque chose. Ce qu’un expéditeur laisse au-delà de sa part d’une journée n’est pas conservé.",
  keep_days: "Conservés (jours)",
  forEver: "toujours",
  sender_mb: "Un expéditeur, en une journée (Mo)",
  saved: "Enregistré",
};
