/** The words of how somebody who waits stands in his queue. */
import type { Same } from "@/ui/text";

export const waitEn = {
  place: "Place {{place}} of {{of}}.",
  known: "Estimated wait: {{half}}, seldom more than {{most}}.",
  unknown: "Wait not known: too few have waited within the last hour.",
  told: { tell_position: "Told his place at {{when}}.", offer_callback: "Offered a callback at {{when}}." },
  toBot: "Waited too long for a person: given to the bot",
};

export const waitFr: Same<typeof waitEn> = {
  place: "Place {{place}} sur {{of}}.",
  known: "Attente estimée : {{half}}, rarement plus de {{most}}.",
  unknown: "Attente inconnue : trop peu ont attendu dans la dernière heure.",
  told: { tell_position: "Sa place lui a été dite à {{when}}.", offer_callback: "Un rappel lui a été proposé à {{when}}." },
  toBot: "A attendu trop longtemps un conseiller : confiée au robot",
};
