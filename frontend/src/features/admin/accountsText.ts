import type { Same } from "@/ui/text";

const en = {
  users: {
    lead: "Who works here and what they may do.", add: "Add a person", edit: "Change a person", file: "People from a file", search: "Search by name or address", every: "Every role", everyTeam: "Every team", more: "Show more", none: "Nobody is found.", seen: "Last there", never: "never", factor: "Second factor", yes: "yes", no: "no",
    invited: "Invited", inviteOver: "No password", suspended: "Suspended", teams: "Teams", invite: "He sets his password himself, by a link that you give him", actions: "Account",
  },
  link: { title: "Link for {{name}}", once: "It is shown this once, works once, and until {{when}}. Give it to this person alone.", plain: "It is shown this once, works once, and for three days. Give it to this person alone.", label: "Address", copy: "Copy", copied: "Copied.", done: "I have passed it on" },
  account: {
    open: "Account", title: "Account of {{name}}", link: "Make a link to set the password", linkThere: "A link waits, until {{when}}.", factors: "Second factor", none: "None is set up.", totp: "Application of codes", passkeys_one: "{{count}} passkey", passkeys_other: "{{count}} passkeys", codes_one: "{{count}} recovery code", codes_other: "{{count}} recovery codes",
    reset: "Remove all second factors", resetDone: "The second factors are removed.", waiting: "Too many wrong tries: a browser that does not know this person waits.", unlock: "Let them try again", unlocked: "The wrong tries are forgotten.", sessions: "Signed in", nowhere: "Nowhere at the moment.", end: "End", endAll: "End all sessions", ended_one: "{{count}} session ended.", ended_other: "{{count}} sessions ended.", unknown: "Unknown device", seen: "last there {{when}}",
  },
  file: {
    lead: "A CSV file whose first line names the columns: name, email, role (agent, supervisor, administrator, observer), language (fr, en).", choose: "File", paste: "Or paste its lines", trial: "Look at it", take: "Add {{count}} people", rows_one: "{{count}} row can be taken", rows_other: "{{count}} rows can be taken", line: "Line", said: "Result", ok: "can be taken", made: "added: give each his link", done: "Done", links: "Save the links as a file", fileName: "palabre-links.csv",
  },
  teams: { lead: "People who share lines. A line says which teams it is for; people in none of them do not see it.", add: "Add a team", edit: "Change a team", name: "Name", leader: "Leader", nobody: "Nobody", members: "Members", none: "No team yet", noneText: "A line without a team is seen by everybody.", search: "Search a team", remove: "Remove this team", removed: "The team is removed.", count_one: "{{count}} person", count_other: "{{count}} people" },
  rules: {
    lead: "How people sign in, and how long a desk stays open.", factor: "Roles that must have a second factor", factorHint: "Whoever has none sets one up at sign-in, and can do nothing else before.", without_one: "{{count}} person of these roles has none yet.", without_other: "{{count}} people of these roles have none yet.", grace: "Days of grace (0: at once)", idle: "Minutes without anybody at the desk, then it locks", hours: "Hours after which everybody signs in again", save: "Save", saving: "Saving…", saved: "Saved.", passwords: "Passwords", passwordsText: "At least 12 characters, none of the 20,000 that everybody tries, nothing made of the organisation's name. No rules about signs, and no date at which one must change it: these make passwords worse.", tries: "Wrong tries", triesText: "5 in 5 minutes, 15 in an hour, 40 in a day at one account, then one waits. A browser in which a person has signed in before counts apart: nobody can lock a person out of the machine that he works at.",
  },
};

const fr: Same<typeof en> = {
  users: {
    lead: "Qui travaille ici, et ce que chacun peut faire.", add: "Ajouter une personne", edit: "Modifier une personne", file: "Personnes d’un fichier", search: "Chercher par nom ou adresse", every: "Tous les rôles", everyTeam: "Toutes les équipes", more: "Afficher la suite", none: "Personne ne correspond.", seen: "Vu", never: "jamais", factor: "Second facteur", yes: "oui", no: "non",
    invited: "Invité", inviteOver: "Sans mot de passe", suspended: "Suspendu", teams: "Équipes", invite: "La personne choisit son mot de passe, par un lien que vous lui donnez", actions: "Compte",
  },
  link: { title: "Lien pour {{name}}", once: "Il n’est montré que cette fois, sert une fois, et jusqu’au {{when}}. Ne le donnez qu’à cette personne.", plain: "Il n’est montré que cette fois, sert une fois, et pendant trois jours. Ne le donnez qu’à cette personne.", label: "Adresse", copy: "Copier", copied: "Copié.", done: "Je l’ai transmis" },
  account: {
    open: "Compte", title: "Compte de {{name}}", link: "Créer un lien pour choisir le mot de passe", linkThere: "Un lien attend, jusqu’au {{when}}.", factors: "Second facteur", none: "Aucun n’est installé.", totp: "Application de codes", passkeys_one: "{{count}} clé d’accès", passkeys_other: "{{count}} clés d’accès", codes_one: "{{count}} code de secours", codes_other: "{{count}} codes de secours",
    reset: "Retirer tous les seconds facteurs", resetDone: "Les seconds facteurs sont retirés.", waiting: "Trop d’essais manqués : un navigateur qui ne connaît pas cette personne patiente.", unlock: "Laisser réessayer", unlocked: "Les essais manqués sont oubliés.", sessions: "Connexions", nowhere: "Nulle part en ce moment.", end: "Terminer", endAll: "Terminer toutes les sessions", ended_one: "{{count}} session terminée.", ended_other: "{{count}} sessions terminées.", unknown: "Appareil inconnu", seen: "vu le {{when}}",
  },
  file: {
    lead: "Un fichier CSV dont la première ligne nomme les colonnes : nom, e-mail, rôle (agent, superviseur, administrateur, observateur), langue (fr, en).", choose: "Fichier", paste: "Ou collez ses lignes", trial: "Regarder", take: "Ajouter {{count}} personnes", rows_one: "{{count}} ligne peut être prise", rows_other: "{{count}} lignes peuvent être prises", line: "Ligne", said: "Résultat", ok: "peut être prise", made: "ajoutée : donnez son lien à chacun", done: "Terminé", links: "Enregistrer les liens dans un fichier", fileName: "palabre-liens.csv",
  },
  teams: { lead: "Des personnes qui partagent des lignes. Une ligne dit pour quelles équipes elle est ; les autres ne la voient pas.", add: "Ajouter une équipe", edit: "Modifier une équipe", name: "Nom", leader: "Responsable", nobody: "Personne", members: "Membres", none: "Aucune équipe pour l’instant", noneText: "Une ligne sans équipe est vue par tout le monde.", search: "Chercher une équipe", remove: "Supprimer cette équipe", removed: "L’équipe est supprimée.", count_one: "{{count}} personne", count_other: "{{count}} personnes" },
  rules: {
    lead: "Comment on se connecte, et combien de temps un bureau reste ouvert.", factor: "Rôles qui doivent avoir un second facteur", factorHint: "Qui n’en a pas l’installe à la connexion, et ne peut rien faire d’autre avant.", without_one: "{{count}} personne de ces rôles n’en a pas encore.", without_other: "{{count}} personnes de ces rôles n’en ont pas encore.", grace: "Jours de délai (0 : tout de suite)", idle: "Minutes sans personne au bureau, puis il se verrouille", hours: "Heures après lesquelles chacun se reconnecte", save: "Enregistrer", saving: "Enregistrement…", saved: "Enregistré.", passwords: "Mots de passe", passwordsText: "Au moins 12 caractères, aucun des 20 000 que tout le monde essaie, rien qui soit fait du nom de la maison. Pas de règle sur les signes, et pas de date pour en changer : cela rend les mots de passe plus mauvais.", tries: "Essais manqués", triesText: "5 en 5 minutes, 15 en une heure, 40 en un jour pour un compte, puis on patiente. Un navigateur où la personne s’est déjà connectée est compté à part : nul ne peut l’exclure de la machine où elle travaille.",
  },
};

export const text = { en, fr };
