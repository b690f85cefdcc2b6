/*
 * Keeps the shell: the page that is shown while the server cannot be reached, and the application's own files, whose
 * names change with what is in them. Never an answer of the API, nor the page itself, whose nonce is for once: nothing
 * of anybody is kept here.
 */
const SHELL = "palabre-shell-1";
const OFFLINE = "/static/app/offline.html";
const FIRST = [OFFLINE, "/static/app/offline.css", "/static/app/favicon/0.svg"];
const FILES = "/static/app/assets/";
const MOST = 120;

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches.open(SHELL).then((cache) => cache.addAll(FIRST.map((path) => new Request(path, { cache: "reload" })))).then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches.keys().then((names) => Promise.all(names.filter((name) => name !== SHELL).map((name) => caches.delete(name)))).then(() => self.clients.claim()),
  );
});

async function file(request) {
  const cache = await caches.open(SHELL);
  const kept = await cache.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok && answer.type === "basic") {
    await cache.put(request, answer.clone());
    // Files of builds before: the oldest go first, and what the offline page needs never.
    const keys = (await cache.keys()).filter(({ url }) => new URL(url).pathname.startsWith(FILES));
    for (const old of keys.slice(0, Math.max(0, keys.length - MOST))) await cache.delete(old);
  }
  return answer;
}

async function page(request) {
  try {
    return await fetch(request);
  } catch (failure) {
    const kept = await caches.match(OFFLINE);
    if (kept) return kept;
    throw failure;
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (pathname.startsWith(FILES)) event.respondWith(file(request));
  else if (request.mode === "navigate" && !/^\/(api|_allauth|static|webhooks|health|metrics)(\/|$)/.test(pathname)) event.respondWith(page(request));
  else if (FIRST.includes(pathname)) event.respondWith(fetch(request).catch(() => caches.match(pathname)));
});
