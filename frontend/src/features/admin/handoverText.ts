/** The words of a line's handover policy. */
import type { Same } from "@/ui/text";

const en = {
  title: "Handover",
  lead: "When the bot of a line gives a conversation to people. Who asks for a person always gets one, and so does everybody when the bot fails.",
  noBot: "No bot answers on this line: everything goes to people.",
  when: "When it hands over",
  unsure: "Texts running that it may not understand",
  times: { "1": "None: at the first, to a person", "2": "One: it asks back once", "3": "Two: it asks back twice" },
  mood: "Texts running in a bad mood",
  moodOff: "Mood decides nothing",
  moodTimes: "After {{count}}",
  moodHint: "It only brings a person sooner; nobody waits longer for his mood.",
  loops: "When it would say the same thing a third time",
  words: "Words that ask for a person, with commas between them",
  vip: "Customers to look after",
  vips: { off: "Nobody in particular", at_once: "To a person at once", after_one: "To a person after one answer of the bot" },
  who: "Who they are",
  whos: { in_list: "On a list", tag: "With a tag", attribute: "With an attribute" },
  then: "What follows",
  tellsWait: "Say how long it may take, where twenty have waited in the last hour",
  priority: "Priority added (0 to 100)",
  reasons: {
    asked: "A person was asked for", unsure: "Not understood", rule: "The subject belongs to people", failed: "The bot failed",
    keyword: "A word", vip: "To look after", mood: "Bad mood", loop: "Going round in circles",
  },
  save: "Save",
  saved: "Saved",
};

const fr: Same<typeof en> = {
  title: "Passage à une personne",
  lead: "Quand le robot d’une ligne confie une conversation à des personnes. Qui demande une personne l’obtient toujours, et tout le monde quand le robot échoue.",
  noBot: "Aucun robot ne répond sur cette ligne : tout va à des personnes.",
  when: "Quand il passe la main",
  unsure: "Textes de suite qu’il peut ne pas comprendre",
  times: { "1": "Aucun : dès le premier, à une personne", "2": "Un : il redemande une fois", "3": "Deux : il redemande deux fois" },
  mood: "Textes de suite de mauvaise humeur",
  moodOff: "L’humeur ne décide de rien",
  moodTimes: "Après {{count}}",
  moodHint: "Elle amène seulement une personne plus tôt ; personne n’attend plus longtemps pour son humeur.",
  loops: "Quand il dirait la même chose une troisième fois",
  words: "Mots qui demandent une personne, séparés par des virgules",
  vip: "Clients à suivre de près",
  vips: { off: "Personne en particulier", at_once: "À une personne tout de suite", after_one: "À une personne après une réponse du robot" },
  who: "Qui ils sont",
  whos: { in_list: "Sur une liste", tag: "Avec une étiquette", attribute: "Avec un attribut" },
  then: "Ce qui suit",
  tellsWait: "Dire combien de temps cela peut prendre, si vingt ont attendu dans l’heure",
  priority: "Priorité ajoutée (0 à 100)",
  reasons: {
    asked: "Une personne a été demandée", unsure: "Pas compris", rule: "Le sujet revient à des personnes", failed: "Le robot a échoué",
    keyword: "Un mot", vip: "À suivre de près", mood: "Mauvaise humeur", loop: "Tourne en rond",
  },
  save: "Enregistrer",
  saved: "Enregistré",
};

export const text = { en, fr };
