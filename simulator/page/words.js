// Every sentence of the page, in both languages. A value may be a function of its numbers and names.

const fr = {
  title: "Un téléphone pour essayer",
  lead: "Choisissez une personne et écrivez au service. Le texte passe par un opérateur simulé, comme un vrai SMS.",
  hint: "Vous pouvez aussi taper un autre numéro sur le téléphone.",
  language: "Langue",
  theme: "Apparence",
  system: "Auto",
  light: "Clair",
  dark: "Sombre",
  close: "Fermer la liste",
  choose: "Choisir une personne",
  from: "De",
  to: "À",
  unknown: "Autre numéro",
  conversation: "Conversation",
  message: "Votre message",
  send: "Envoyer",
  empty: "Un robot répond d’abord ; une personne prend le relais si besoin.",
  emptyTitle: (code) => `Écrivez au ${code}`,
  ideas: ["Bonjour", "Quel est mon solde ?", "je veux un conseiller"],
  kept: (operator) =>
    `${operator} garde vos textes : le service n’est pas connecté. Ils partiront dès son retour.`,
  lost: "Le simulateur ne répond pas. Nouvel essai en cours…",
  states: {
    sending: "envoi…",
    sent: "chez l’opérateur",
    kept: "gardé par l’opérateur",
    handed: "remis au service",
    refused: "refusé par le service",
  },
  counter: (units, room, parts) => `${units}/${room} · ${parts} SMS`,
  unicode: (characters) => `court à cause de « ${characters} »`,
  badNumber: "Ce numéro ne peut pas être appelé : entre 8 et 15 chiffres.",
  failed: "Le texte n’est pas parti. Réessayez.",
  documentTitle: "Palabre · téléphone",
  more: (code, count) => `${code} (${count})`,
};

const en = {
  title: "A phone to try with",
  lead: "Choose a person and text the service. The text travels through a simulated operator, as a real SMS does.",
  hint: "You can also type another number on the phone.",
  language: "Language",
  theme: "Appearance",
  system: "Auto",
  light: "Light",
  dark: "Dark",
  close: "Close the list",
  choose: "Choose a person",
  from: "From",
  to: "To",
  unknown: "Another number",
  conversation: "Conversation",
  message: "Your message",
  send: "Send",
  empty: "A bot answers first; a person takes over when needed.",
  emptyTitle: (code) => `Text ${code}`,
  ideas: ["Hello", "What is my balance?", "I want an agent"],
  kept: (operator) =>
    `${operator} keeps your texts: the service is not connected. They will leave when it is back.`,
  lost: "The simulator does not answer. Trying again…",
  states: {
    sending: "sending…",
    sent: "with the operator",
    kept: "kept by the operator",
    handed: "handed to the service",
    refused: "refused by the service",
  },
  counter: (units, room, parts) => `${units}/${room} · ${parts} SMS`,
  unicode: (characters) => `short because of “${characters}”`,
  badNumber: "This number cannot be called: between 8 and 15 digits.",
  failed: "The text has not left. Try again.",
  documentTitle: "Palabre · phone",
  more: (code, count) => `${code} (${count})`,
};

export const WORDS = { fr, en };

export function browserLanguage() {
  const wanted = navigator.languages?.find((tag) => /^(fr|en)\b/i.test(tag));
  return wanted ? wanted.slice(0, 2).toLowerCase() : "fr";
}
