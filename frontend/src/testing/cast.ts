/** The same people and lines as the server's demo organisation. */
import type { Agent, DemoPerson, Line } from "@/api/types";

const agent = (n: number, name: string, state: Agent["state"], reason: string | null, capacity = 5): Agent => ({
  id: `00000000-0000-7000-8000-00000000000${n}`,
  name,
  state,
  reason,
  since: new Date(Date.now() - (n * 11 + 2) * 60_000 - n * 7_000).toISOString(),
  load: 0,
  capacity,
  reason_id: null,
  until: null,
  set_by: "self",
});

export const makeAgents = (): Agent[] => [
  agent(1, "Awa Diallo", "available", null),
  agent(2, "Koffi Mensah", "available", null),
  agent(3, "Mariam Ouédraogo", "break", "Repas"),
  agent(4, "Sam Houngbédji", "offline", null, 0),
];

export const AWA = "00000000-0000-7000-8000-000000000001";
export const KOFFI = "00000000-0000-7000-8000-000000000002";
export const MARIAM = "00000000-0000-7000-8000-000000000003";
export const SAM = "00000000-0000-7000-8000-000000000004";

export const PEOPLE: (DemoPerson & { id: string })[] = [
  { id: AWA, email: "awa@savane.example", name: "Awa Diallo", role: "agent" },
  { id: KOFFI, email: "koffi@savane.example", name: "Koffi Mensah", role: "agent" },
  { id: MARIAM, email: "mariam@savane.example", name: "Mariam Ouédraogo", role: "agent" },
  { id: SAM, email: "sam@savane.example", name: "Sam Houngbédji", role: "administrator" },
];

const sms = { medium: "sms", longest_text: 1530, counts_segments: true, attachments: false, receipts: true };

const texts = { most_parts: 10, saver: "ask" as const, latin1: false };

export const LINES: Line[] = [
  { id: "line-1919", name: "Assistance", address: "1919", medium: "sms", is_enabled: true, has_bot: true, ...texts, capabilities: sms },
  { id: "line-3334", name: "Réclamations", address: "3334", medium: "sms", is_enabled: true, has_bot: false, ...texts, capabilities: sms },
];

export const QUEUES = [{ id: "queue-general", name: "Général" }];

/** How many days after epoch the fake conversations started; ids stay the same from run to run. */
export const fakeId = (kind: string, n: number): string => `${kind}-${String(n).padStart(5, "0")}`;

export const NAMES = [
  "Adjoa Hounkpatin", "Ibrahim Traoré", "Fatou Sow", "Rodrigue Agossou", "Aminata Koné", "Yao Kouassi", null,
  "Bénédicte Zinsou", "Moussa Sanogo", "Chantal Dossou", "Élie Tchibozo", "Salimata Bah", null, "Romaric Gnonlonfoun",
  "Nadège Akplogan", "Oumar Cissé", "Grâce Adjovi", "Issa Maïga", "Clarisse Ahouansou", "Tidiane N’Diaye", null,
  "Prisca Hounsou", "Seydou Compaoré", "Léa Amoussou",
];

export const LONG_NAMES = [
  "Marie-Bénédicte Adjovi-Houngbédji épouse Agbodjan de Souza",
  "Société Béninoise de Distribution Alimentaire et de Services, agence de Porto-Novo",
  "El Hadj Abdoulaye Mohamed Lamine Ouédraogo-Sawadogo",
  "Kwabena Nana Osei Tutu Agyeman-Prempeh the Third",
];

/** Short exchanges: customer, bot, customer... The last customer text is the one that waits. */
export const TALKS: string[][] = [
  ["Bonjour", "Bonjour ! Je suis l'assistant Savane. Solde, forfait ou conseiller ?", "Mon forfait internet ne marche plus depuis hier soir, j'ai pourtant recharge 2000F"],
  ["J'ai envoye de l'argent au mauvais numero, aidez moi svp", "Je comprends. Je vous mets en relation avec un conseiller.", "c'est urgent, 45 000 F au 0197..."],
  ["Solde", "Votre solde est de 1 250 F, valable jusqu'au 3 décembre.", "Ce n'est pas normal, j'avais 3 500 ce matin"],
  ["Comment activer le pass nuit ?", "Le pass nuit coûte 300 F. Répondez OUI pour l'activer.", "oui mais ca dit echec"],
  ["je veux un conseiller", "Un conseiller va vous répondre.", "merci j'attends"],
  ["Ma carte SIM est bloquee. Code PUK ?", "Pour votre sécurité un conseiller doit vérifier votre identité.", "Ok. Mon nom est sur la carte CIP"],
  ["Hello, my data bundle disappeared", "Hello! I can help with balance, bundles or an agent.", "agent please, 3GB gone in one hour"],
  ["Le reseau est coupe a Parakou quartier Banikanni", "Merci. Nous vérifions le réseau dans votre zone.", "Depuis 6h du matin. Des nouvelles ?"],
  ["1", "Vous avez choisi : factures. Envoyez votre numéro client.", "C0045821"],
  ["Je n'ai pas recu mon bonus parrainage", "Le bonus arrive sous 24 h.", "ca fait 4 jours 😡"],
];
