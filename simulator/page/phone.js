import { WORDS, browserLanguage } from "./words.js";
import { plan } from "./segments.js";

const $ = (id) => document.getElementById(id);
const number = $("number");
const code = $("code");
const text = $("text");
const bubbles = $("bubbles");
const talk = $("talk");
const banner = $("banner");

const remembered = {
  get: (key) => {
    try {
      return localStorage.getItem(`palabre.phone.${key}`);
    } catch {
      return null;
    }
  },
  set: (key, value) => {
    try {
      localStorage.setItem(`palabre.phone.${key}`, value);
    } catch {
      // A private window may refuse: the page works without memory.
    }
  },
};

const address = new URLSearchParams(location.search);
let words = WORDS.fr;
let language = "fr";
let people = [];
let operators = new Map(); // id -> {name, bound}
let thread = { number: "", code: "1919", codes: ["1919", "3334"], operator: null };
let elsewhere = new Map(); // code -> texts received while another code was shown
let pending = []; // bubbles shown before the operator has confirmed them
let shown = new Map(); // bubble id -> element
let feed = null;
let feedUp = true;
let tries = 0;

// --- words and looks ------------------------------------------------------------------------------------------

function speak(next) {
  language = next;
  words = WORDS[next];
  document.documentElement.lang = next;
  document.title = words.documentTitle;
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = words[element.dataset.text];
  for (const element of document.querySelectorAll("[data-label]"))
    element.setAttribute("aria-label", words[element.dataset.label]);
  for (const element of document.querySelectorAll("[data-placeholder]"))
    element.placeholder = words[element.dataset.placeholder];
  press("language", next);
  $("ideas").replaceChildren(
    ...words.ideas.map((idea) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "idea";
      button.dataset.testid = "phone-idea";
      button.textContent = idea;
      button.addEventListener("click", () => {
        text.value = idea;
        count();
        text.focus();
      });
      return button;
    }),
  );
  for (const element of shown.values()) dress(element);
  drawPeople();
  drawHead();
  count();
}

function paint(theme) {
  document.documentElement.dataset.theme = theme;
  press("theme", theme);
}

function press(group, value) {
  for (const button of $(group).querySelectorAll("button"))
    button.setAttribute("aria-pressed", String(button.dataset.value === value));
}

for (const [group, act] of [
  ["language", speak],
  ["theme", paint],
])
  $(group).addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    remembered.set(group, button.dataset.value);
    act(button.dataset.value);
  });

// --- people ---------------------------------------------------------------------------------------------------

export function spaced(digits) {
  const rest = (from, head) => `+${head} ${digits.slice(from).replace(/(\d\d)(?=\d)/g, "$1 ")}`;
  if (/^(229|226)\d+$/.test(digits)) return rest(3, digits.slice(0, 3));
  return digits ? `+${digits}` : "";
}

function initials(name) {
  return name
    .split(" ")
    .map((part) => part[0])
    .slice(0, 2)
    .join("");
}

function tint(digits) {
  return String([...digits].reduce((sum, digit) => sum + Number(digit), 0) % 6);
}

function drawPeople() {
  $("person-list").replaceChildren(
    ...people.map((person) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.className = "person";
      button.dataset.testid = "phone-person";
      button.dataset.number = person.number;
      button.setAttribute("aria-pressed", String(person.number === thread.number));
      const avatar = document.createElement("span");
      avatar.className = "avatar";
      avatar.dataset.tint = tint(person.number);
      avatar.setAttribute("aria-hidden", "true");
      avatar.textContent = initials(person.name);
      const name = document.createElement("span");
      name.className = "person-who";
      name.textContent = person.name;
      const detail = document.createElement("span");
      detail.className = "person-detail";
      detail.textContent = `${spaced(person.number)} · ${person.operator}`;
      button.append(avatar, name, " ", detail);
      button.addEventListener("click", () => {
        closePeople();
        become(person.number);
        text.focus({ preventScroll: true });
      });
      item.append(button);
      return item;
    }),
  );
}

function drawHead() {
  const person = people.find((one) => one.number === thread.number);
  $("avatar").textContent = person ? initials(person.name) : "+";
  // Whoever speaks to his browser says what he reads on a button: the initials belong to its name.
  $("people-open").setAttribute("aria-label", `${$("avatar").textContent}, ${words.choose}`);
  $("people-open").dataset.tint = thread.number ? tint(thread.number) : "0";
  $("person-name").textContent = person ? person.name : thread.number ? words.unknown : "";
  $("empty-title").textContent = words.emptyTitle(thread.code);
  const choices = thread.codes.map((value) => {
    const option = document.createElement("option");
    const count = elsewhere.get(value);
    option.value = value;
    option.textContent = count ? words.more(value, count) : value;
    return option;
  });
  code.replaceChildren(...choices);
  code.value = thread.code;
  const operator = thread.operator && operators.get(thread.operator);
  $("status-operator").textContent = operator ? operator.name : "";
  const kept = operator && !operator.bound;
  banner.hidden = feedUp && !kept;
  banner.dataset.reason = feedUp ? "kept" : "lost";
  const said = feedUp ? (kept ? words.kept(operator.name) : "") : words.lost;
  if (banner.textContent !== said) banner.textContent = said;
}

const narrow = matchMedia("(max-width: 859px)");

function openPeople() {
  $("people").dataset.open = "true";
  $("shade").hidden = false;
  $("people-open").setAttribute("aria-expanded", "true");
  $("people-close").focus();
}

function closePeople() {
  if ($("people").dataset.open !== "true") return;
  delete $("people").dataset.open;
  $("shade").hidden = true;
  $("people-open").setAttribute("aria-expanded", "false");
  $("people-open").focus();
}

$("people-open").addEventListener("click", () => {
  if (narrow.matches) openPeople();
  else $("person-list").querySelector("[aria-pressed=true], button")?.focus();
});
$("people-close").addEventListener("click", closePeople);
$("shade").addEventListener("click", closePeople);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closePeople();
  if (event.key === "Tab" && $("people").dataset.open === "true") keepFocus(event);
});

function keepFocus(event) {
  const stops = [...$("people").querySelectorAll("button")];
  const edge = event.shiftKey ? stops[0] : stops.at(-1);
  if (document.activeElement !== edge) return;
  event.preventDefault();
  (event.shiftKey ? stops.at(-1) : stops[0]).focus();
}

// --- which phone, which code ----------------------------------------------------------------------------------

/** The digits of a number as the simulator spells it, or "" when nobody can be called so. */
function digitsOf(raw) {
  let digits = raw.replace(/[\s().\u00a0-]/g, "").replace(/^\+/, "").replace(/^00/, "");
  if (!/^\d+$/.test(digits)) return "";
  if (/^01\d{8}$/.test(digits)) digits = `229${digits}`;
  if (/^229\d{8}$/.test(digits)) digits = `22901${digits.slice(3)}`;
  return digits.length >= 8 && digits.length <= 15 ? digits : "";
}

function become(digits, nextCode = thread.code) {
  number.value = spaced(digits);
  complain("");
  number.removeAttribute("aria-invalid");
  if (digits === thread.number && nextCode === thread.code) return;
  if (digits !== thread.number) elsewhere = new Map();
  elsewhere.delete(nextCode);
  thread = { ...thread, number: digits, code: nextCode };
  remembered.set("number", digits);
  remembered.set("code", nextCode);
  history.replaceState(null, "", `?number=${digits}&code=${encodeURIComponent(nextCode)}`);
  pending = [];
  clear();
  drawPeople();
  drawHead();
  ask();
}

function readNumber() {
  const digits = digitsOf(number.value);
  if (!digits) {
    number.setAttribute("aria-invalid", "true");
    complain(words.badNumber);
    return "";
  }
  become(digits);
  return digits;
}

number.addEventListener("change", readNumber);
number.addEventListener("focus", () => number.select());
number.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  if (readNumber()) text.focus();
});
code.addEventListener("change", () => become(digitsOf(number.value) || thread.number, code.value));

// --- bubbles --------------------------------------------------------------------------------------------------

// Whoever reads the newest bubble keeps it in sight when one is added, the banner comes or the keyboard opens.
let atEnd = true;
talk.addEventListener("scroll", () => {
  atEnd = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 40;
});
new ResizeObserver(() => {
  if (atEnd) talk.scrollTop = talk.scrollHeight;
}).observe(talk);

function clear() {
  bubbles.replaceChildren();
  shown = new Map();
  $("empty").hidden = true;
}

function time(at) {
  const date = new Date(at * 1000);
  const today = new Date().toDateString() === date.toDateString();
  const hours = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  return new Intl.DateTimeFormat(language, today ? hours : { day: "numeric", month: "short", ...hours }).format(date);
}

function dress(element) {
  const { bubble } = element;
  element.dataset.state = bubble.state;
  element.querySelector(".bubble-time").textContent = time(bubble.at);
  const state = element.querySelector(".bubble-state");
  if (state) state.textContent = words.states[bubble.state] ?? "";
}

function show(bubble) {
  let element = shown.get(bubble.id);
  if (!element && bubble.direction === "sent") {
    const place = pending.findIndex((one) => one.bubble.text === bubble.text);
    if (place >= 0) {
      [element] = pending.splice(place, 1);
      shown.delete(element.bubble.id);
      shown.set(bubble.id, element);
    }
  }
  if (element) {
    element.bubble = bubble;
    dress(element);
    return element;
  }
  element = document.createElement("li");
  element.className = "bubble";
  element.dataset.testid = "phone-bubble";
  element.dataset.direction = bubble.direction;
  element.bubble = bubble;
  const body = document.createElement("p");
  body.className = "bubble-text";
  body.dir = "auto";
  body.textContent = bubble.text;
  const foot = document.createElement("p");
  foot.className = "bubble-foot";
  const at = document.createElement("span");
  at.className = "bubble-time";
  foot.append(at);
  if (bubble.direction === "sent") {
    const state = document.createElement("span");
    state.className = "bubble-state";
    foot.append(state);
  }
  element.append(body, foot);
  dress(element);
  shown.set(bubble.id, element);
  bubbles.append(element);
  $("empty").hidden = true;
  if (atEnd || bubble.direction === "sent") talk.scrollTop = talk.scrollHeight;
  return element;
}

// --- the live feed --------------------------------------------------------------------------------------------

function ask() {
  if (feed?.readyState === WebSocket.OPEN && thread.number)
    feed.send(JSON.stringify({ number: thread.number, code: thread.code }));
}

const hear = {
  thread(news) {
    if (news.number !== thread.number || news.code !== thread.code) return; // of a phone left since
    operators.set(news.operator.id, news.operator);
    thread = { ...thread, codes: news.codes, operator: news.operator.id };
    const unsaid = pending;
    clear();
    pending = [];
    for (const bubble of news.bubbles) show(bubble);
    for (const { bubble } of unsaid) if (bubble.state === "sending") pending.push(show(bubble));
    $("empty").hidden = shown.size > 0;
    drawHead();
    talk.scrollTop = talk.scrollHeight;
  },
  bubble({ bubble }) {
    if (bubble.number !== thread.number) return;
    if (bubble.code === thread.code) {
      show(bubble);
      return;
    }
    if (bubble.direction === "received") elsewhere.set(bubble.code, (elsewhere.get(bubble.code) ?? 0) + 1);
    if (!thread.codes.includes(bubble.code)) thread.codes.push(bubble.code);
    drawHead();
  },
  operator(news) {
    operators.set(news.id, news);
    drawHead();
  },
  error() {},
};

function listen() {
  feed = new WebSocket(`ws://${location.host}/phone/live`);
  feed.addEventListener("open", () => {
    tries = 0;
    feedUp = true;
    drawHead();
    ask();
  });
  feed.addEventListener("message", (event) => {
    const news = JSON.parse(event.data);
    hear[news.type]?.(news);
  });
  feed.addEventListener("close", () => {
    feedUp = false;
    drawHead();
    tries += 1;
    setTimeout(listen, Math.min(250 * 2 ** tries, 4000));
  });
}

// --- writing --------------------------------------------------------------------------------------------------

function complain(message) {
  $("problem").textContent = message;
  $("problem").hidden = !message;
}

function count() {
  const { encoding, units, parts, room, strangers } = plan(text.value);
  const counter = $("counter");
  counter.textContent = words.counter(units, room, parts);
  counter.dataset.encoding = encoding;
  counter.dataset.parts = String(parts);
  if (strangers.length) {
    const reason = document.createElement("span");
    reason.textContent = words.unicode(strangers.slice(0, 4).join(" "));
    counter.append(" · ", reason);
  }
  $("send").disabled = !text.value.trim();
  text.style.height = "auto";
  text.style.height = `${Math.min(text.scrollHeight, 132)}px`;
}

text.addEventListener("input", count);
text.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  $("composer").requestSubmit();
});

$("composer").addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = text.value;
  if (!body.trim()) return;
  const from = readNumber();
  if (!from) {
    number.focus();
    return;
  }
  complain("");
  const element = show({
    id: `local-${crypto.getRandomValues(new Uint32Array(1))[0]}`,
    at: Date.now() / 1000,
    direction: "sent",
    number: from,
    code: thread.code,
    text: body,
    state: "sending",
  });
  pending.push(element);
  text.value = "";
  count();
  text.focus({ preventScroll: true });
  try {
    const answer = await fetch("/phone/texts", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ from, to: element.bubble.code, text: body }),
    });
    if (!answer.ok) throw new Error((await answer.json()).error);
  } catch {
    if (pending.includes(element)) {
      pending.splice(pending.indexOf(element), 1);
      shown.delete(element.bubble.id);
      element.remove();
      text.value = text.value || body;
      count();
      complain(words.failed);
      $("empty").hidden = shown.size > 0;
    }
  }
});

// --- start ----------------------------------------------------------------------------------------------------

function tick() {
  $("clock").textContent = new Intl.DateTimeFormat("fr", { hour: "2-digit", minute: "2-digit" }).format(new Date());
}
tick();
setInterval(tick, 5000);
paint(remembered.get("theme") ?? "system");
speak(WORDS[address.get("lang")] ? address.get("lang") : (remembered.get("language") ?? browserLanguage()));

async function start() {
  try {
    const answer = await (await fetch("/phone/people")).json();
    people = answer.people;
    operators = new Map(answer.operators.map((operator) => [operator.id, operator]));
    thread.codes = [...new Set(answer.operators.flatMap((operator) => operator.codes))];
  } catch {
    setTimeout(start, 1000);
    return;
  }
  const wanted = digitsOf(address.get("number") ?? remembered.get("number") ?? "") || people[0].number;
  const wantedCode = address.get("code") ?? remembered.get("code") ?? thread.codes[0];
  thread.code = "";
  become(wanted, thread.codes.includes(wantedCode) ? wantedCode : thread.codes[0]);
  listen();
}
start();
