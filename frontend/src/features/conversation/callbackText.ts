import type { Same } from "@/ui/text";

export const callbackEn = {
  promise: "Promise a callback",
  title: "Promise a callback",
  at: "When ({{zone}})",
  note: "Note for colleagues",
  hint: "At that time the conversation comes before people again, even if it has been closed.",
  save: "Promise",
  cancel: "Cancel",
  done: "Callback promised for {{when}}",
  promised: "Callback promised for {{when}}.",
  due: "Callback due since {{when}}.",
  kept: "Done",
  move: "Move",
  drop: "Give up",
  failed: "Not done: the server cannot be reached, or somebody was faster.",
};

export const callbackFr: Same<typeof callbackEn> = {
  promise: "Promettre un rappel",
  title: "Promettre un rappel",
  at: "Quand ({{zone}})",
  note: "Note pour les collègues",
  hint: "À cette heure, la conversation revient devant quelqu’un, même si elle a été fermée.",
  save: "Promettre",
  cancel: "Annuler",
  done: "Rappel promis pour le {{when}}",
  promised: "Rappel promis pour le {{when}}.",
  due: "Rappel attendu depuis le {{when}}.",
  kept: "C’est fait",
  move: "Déplacer",
  drop: "Abandonner",
  failed: "Pas fait : le serveur ne répond pas, ou quelqu’un a été plus rapide.",
};

export const deadlineEn = {
  first: "First answer",
  next: "Answer",
  resolution: "Closing",
  left: "{{what}} due in {{left}}",
  missed: "{{what}} overdue by {{left}}",
};

export const deadlineFr: Same<typeof deadlineEn> = {
  first: "Première réponse",
  next: "Réponse",
  resolution: "Clôture",
  left: "{{what}} attendue dans {{left}}",
  missed: "{{what}} en retard de {{left}}",
};

/** Lines of the thread. */
export const callbackEventsEn = {
  callbackPromised: "Callback promised for {{when}}",
  callbackPromisedBy: "{{name}} promised a callback for {{when}}",
  callbackDue: "The promised callback is due",
  callbackDueNote: "The promised callback is due: {{note}}",
  callbackMoved: "The promised callback goes on in the newer conversation",
  callbackKept: "{{name}} called back",
  callbackDropped: "{{name}} gave the callback up",
};

export const callbackEventsFr: Same<typeof callbackEventsEn> = {
  callbackPromised: "Rappel promis pour le {{when}}",
  callbackPromisedBy: "{{name}} a promis un rappel pour le {{when}}",
  callbackDue: "Le rappel promis est attendu",
  callbackDueNote: "Le rappel promis est attendu : {{note}}",
  callbackMoved: "Le rappel promis continue dans la conversation plus récente",
  callbackKept: "{{name}} a rappelé",
  callbackDropped: "{{name}} a abandonné le rappel",
};
