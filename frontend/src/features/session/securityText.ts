import type { Same } from "@/ui/text";

const en = {
  close: "Close", cancel: "Cancel", loading: "Loading", retry: "Try again", failed: "That did not work.", unreachable: "The server cannot be reached. Check the connection and try again.",
  lock: {
    title: "Locked", lead: "{{name}}, show that it is you.", kept: "Your drafts are kept, and the clocks go on.", open: "Unlock", opening: "Unlocking…", oneClick: "Continue as {{name}}", other: "Sign in as somebody else", covered: "This desk is locked",
  },
  proof: {
    title: "Is it still you?", lead: "This needs a fresh proof.", password: "Password", code: "Code of your application, or a recovery code", passkey: "Use a passkey", go: "Confirm", going: "Checking…", refused: "No passkey was shown.",
    factorFirst: "Your second factor is needed here.",
  },
  second: { title: "Second step", lead: "Enter the code that your application shows now.", recovery: "No telephone? One of your recovery codes works here, too.", back: "Back" },
  ended: "Your session was ended, here or elsewhere, or has run out. Sign in again.",
  forgotten: "Forgotten your password? Your administrator gives you a link to choose another.",
  welcome: {
    title: "Choose a password", lead: "{{name}} · {{email}}", password: "New password", hint: "At least 12 characters: four words that do not belong together are good. Pasting is fine.", save: "Keep this password", saved: "Your password is set. Sign in with it.", gone: "This link does not work",
    strength: { short: "Too short yet: {{count}} more characters.", fair: "Long enough. Longer is safer.", good: "Good.", strong: "Very good." },
  },
  page: {
    menu: "My security", title: "My security", lead: "How you sign in, and where you are signed in.", held: "Your role asks for a second factor", heldText: "Set one up now: an application on your telephone, or a passkey. The desk opens when that is done.", due: "Your role asks for a second factor from {{when}} on.", out: "Sign out", toDesk: "To the desk",
  },
  totp: {
    title: "Application of codes", text: "An application on your telephone shows a new code each 30 seconds.", on: "Set up", off: "Not set up", add: "Set up", remove: "Remove", scan: "Scan this square with the application, or enter the key by hand.", key: "Key", picture: "Square to scan: it holds the key that stands below", code: "Code that it shows now", confirm: "Confirm", removed: "The application was removed.", added: "The application is set up.",
  },
  passkey: {
    title: "Passkeys", text: "The lock of this device, its fingerprint or a key of yours.", add: "Add a passkey", name: "Name", nameHint: "So that you know it later: “Work computer”.", remove: "Remove {{name}}", removed: "The passkey was removed.", added: "The passkey was added.", unable: "This browser, or this address without https, has no passkeys.", none: "None yet", made: "added {{when}}", used: "last used {{when}}", noGo: "No passkey was made.",
  },
  codes: {
    title: "Recovery codes", text: "For the day when your telephone is lost. Each works once.", left_one: "{{count}} left", left_other: "{{count}} left", fresh: "Make new ones", once: "They are shown this once. Keep them where your telephone is not.", save: "Save as a file", copy: "Copy", copied: "Copied.", done: "I have kept them", file: "palabre-recovery-codes.txt",
  },
  password: { title: "Password", text: "Changing it ends all your other sessions.", old: "Password now", change: "Change it", changed: "Your password is changed. Other sessions have ended.", fresh: "New password" },
  sessions: { title: "Where you are signed in", here: "this one", unknown: "Unknown device", seen: "last there {{when}}", began: "since {{when}}", locked: "locked", end: "End", endOne: "End the session {{device}}, {{when}}", endOthers: "End all others", ended_one: "{{count}} session ended.", ended_other: "{{count}} sessions ended." },
  deeds: {
    title: "What was done to your account", by: "by {{name}}", unknown: "something else",
    of: {
      signed_in: "signed in", try_failed: "somebody tried a wrong password", factor_added: "a second factor was added", factor_removed: "a second factor was removed", factors_reset: "all second factors were removed", codes_made: "new recovery codes were made",
      sessions_ended: "sessions were ended", password_changed: "the password was changed", password_set: "a password was set by a link", link_made: "a link to set a password was made", tries_forgiven: "wrong tries were forgiven", changed: "the account was changed", created: "the account was made",
    },
  },
};

const fr: Same<typeof en> = {
  close: "Fermer", cancel: "Annuler", loading: "Chargement", retry: "Réessayer", failed: "Cela n’a pas abouti.", unreachable: "Le serveur ne répond pas. Vérifiez la connexion et réessayez.",
  lock: {
    title: "Verrouillé", lead: "{{name}}, montrez que c’est vous.", kept: "Vos brouillons sont gardés, et les délais courent.", open: "Déverrouiller", opening: "Déverrouillage…", oneClick: "Continuer comme {{name}}", other: "Se connecter comme quelqu’un d’autre", covered: "Ce bureau est verrouillé",
  },
  proof: {
    title: "Est-ce toujours vous ?", lead: "Ceci demande une nouvelle preuve.", password: "Mot de passe", code: "Code de votre application, ou un code de secours", passkey: "Utiliser une clé d’accès", go: "Confirmer", going: "Vérification…", refused: "Aucune clé d’accès n’a été montrée.",
    factorFirst: "Votre second facteur est nécessaire ici.",
  },
  second: { title: "Seconde étape", lead: "Saisissez le code que votre application affiche en ce moment.", recovery: "Pas de téléphone ? Un de vos codes de secours convient aussi.", back: "Retour" },
  ended: "Votre session a été terminée, ici ou ailleurs, ou elle a expiré. Connectez-vous de nouveau.",
  forgotten: "Mot de passe oublié ? Votre administrateur vous donne un lien pour en choisir un autre.",
  welcome: {
    title: "Choisissez un mot de passe", lead: "{{name}} · {{email}}", password: "Nouveau mot de passe", hint: "Au moins 12 caractères : quatre mots qui ne vont pas ensemble, par exemple. Coller est permis.", save: "Garder ce mot de passe", saved: "Votre mot de passe est enregistré. Connectez-vous.", gone: "Ce lien ne fonctionne pas",
    strength: { short: "Encore trop court : {{count}} caractères de plus.", fair: "Assez long. Plus long est plus sûr.", good: "Bien.", strong: "Très bien." },
  },
  page: {
    menu: "Ma sécurité", title: "Ma sécurité", lead: "Comment vous vous connectez, et où vous êtes connecté.", held: "Votre rôle demande un second facteur", heldText: "Installez-le maintenant : une application sur votre téléphone, ou une clé d’accès. Le bureau s’ouvre ensuite.", due: "Votre rôle demande un second facteur à partir du {{when}}.", out: "Se déconnecter", toDesk: "Vers le bureau",
  },
  totp: {
    title: "Application de codes", text: "Une application sur votre téléphone affiche un nouveau code toutes les 30 secondes.", on: "Installée", off: "Pas installée", add: "Installer", remove: "Retirer", scan: "Scannez ce carré avec l’application, ou saisissez la clé à la main.", key: "Clé", picture: "Carré à scanner : il contient la clé écrite au-dessous", code: "Code affiché en ce moment", confirm: "Confirmer", removed: "L’application est retirée.", added: "L’application est installée.",
  },
  passkey: {
    title: "Clés d’accès", text: "Le verrou de cet appareil, son empreinte ou une clé à vous.", add: "Ajouter une clé d’accès", name: "Nom", nameHint: "Pour la reconnaître plus tard : « Ordinateur du bureau ».", remove: "Retirer {{name}}", removed: "La clé d’accès est retirée.", added: "La clé d’accès est ajoutée.", unable: "Ce navigateur, ou cette adresse sans https, n’a pas de clés d’accès.", none: "Aucune pour l’instant", made: "ajoutée le {{when}}", used: "dernier usage le {{when}}", noGo: "Aucune clé d’accès n’a été créée.",
  },
  codes: {
    title: "Codes de secours", text: "Pour le jour où votre téléphone est perdu. Chacun sert une fois.", left_one: "{{count}} restant", left_other: "{{count}} restants", fresh: "En créer de nouveaux", once: "Ils ne sont montrés que cette fois. Gardez-les ailleurs que dans votre téléphone.", save: "Enregistrer un fichier", copy: "Copier", copied: "Copié.", done: "Je les ai gardés", file: "palabre-codes-de-secours.txt",
  },
  password: { title: "Mot de passe", text: "Le changer termine toutes vos autres sessions.", old: "Mot de passe actuel", change: "Changer", changed: "Votre mot de passe est changé. Les autres sessions sont terminées.", fresh: "Nouveau mot de passe" },
  sessions: { title: "Où vous êtes connecté", here: "celle-ci", unknown: "Appareil inconnu", seen: "vu le {{when}}", began: "depuis le {{when}}", locked: "verrouillée", end: "Terminer", endOne: "Terminer la session {{device}}, {{when}}", endOthers: "Terminer toutes les autres", ended_one: "{{count}} session terminée.", ended_other: "{{count}} sessions terminées." },
  deeds: {
    title: "Ce qui a été fait sur votre compte", by: "par {{name}}", unknown: "autre chose",
    of: {
      signed_in: "connexion", try_failed: "un mauvais mot de passe a été essayé", factor_added: "un second facteur a été ajouté", factor_removed: "un second facteur a été retiré", factors_reset: "tous les seconds facteurs ont été retirés", codes_made: "de nouveaux codes de secours ont été créés",
      sessions_ended: "des sessions ont été terminées", password_changed: "le mot de passe a été changé", password_set: "un mot de passe a été choisi par un lien", link_made: "un lien pour choisir un mot de passe a été créé", tries_forgiven: "les essais manqués ont été oubliés", changed: "le compte a été modifié", created: "le compte a été créé",
    },
  },
};

export const text = { en, fr };
