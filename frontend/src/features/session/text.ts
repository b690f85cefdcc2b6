import type { Same } from "@/ui/text";

const en = {
  title: "Sign in",
  lead: "The desk where people answer people.",
  email: "E-mail address",
  password: "Password",
  submit: "Sign in",
  submitting: "Signing in…",
  wrong: "This address and this password do not go together.",
  unreachable: "The server cannot be reached. Check the connection and try again.",
  failed: "Signing in did not work ({{code}}).",
  tooMany: "Too many tries. Wait a few minutes, then try again.",
  required: "Please fill in this field.",
  demoTitle: "Demonstration: choose a person",
  demoText: "One click, no password. This exists in the demonstration only.",
  or: "or with an address and a password",
  role: { agent: "Agent", supervisor: "Supervisor", administrator: "Administrator", observer: "Observer" },
};

const fr: Same<typeof en> = {
  title: "Connexion",
  lead: "Le bureau où des gens répondent à des gens.",
  email: "Adresse e-mail",
  password: "Mot de passe",
  submit: "Se connecter",
  submitting: "Connexion…",
  wrong: "Cette adresse et ce mot de passe ne vont pas ensemble.",
  unreachable: "Le serveur ne répond pas. Vérifiez la connexion et réessayez.",
  failed: "La connexion n’a pas abouti ({{code}}).",
  tooMany: "Trop d’essais. Patientez quelques minutes, puis réessayez.",
  required: "Remplissez ce champ.",
  demoTitle: "Démonstration : choisissez une personne",
  demoText: "Un clic, sans mot de passe. Cela n’existe que dans la démonstration.",
  or: "ou avec une adresse et un mot de passe",
  role: { agent: "Agent", supervisor: "Superviseur", administrator: "Administrateur", observer: "Observateur" },
};

export const text = { en, fr };
