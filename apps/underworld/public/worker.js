// The service worker of the page. It shows the page while the server cannot be reached, as in a tunnel. The server
// comes first: the page shows what it answers, so a new version counts at once.

// The page and its files, all of one version.
const CACHE = 'underworld.page';
// The mark of this application in its page. Another one may be at the same address tomorrow, as on localhost.
const MARK = 'data-app="underworld"';
const FILES = ['script', 'style', 'image', 'manifest'];

addEventListener('install', (event) => {
  skipWaiting();
  event.waitUntil(fetch('/', { cache: 'no-cache' }).then(keep));
});

addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== location.origin) return;
  if (request.mode === 'navigate' && pathname === '/') event.respondWith(page(event));
  else if (FILES.includes(request.destination)) event.respondWith(file(request));
});

async function page(event) {
  const answer = await fetch(event.request).catch(() => undefined);
  // A proxy answers with 502 to 504 while its server is down.
  if (!answer || answer.status >= 502) return (await kept('/')) ?? answer ?? Response.error();
  event.waitUntil(keep(answer.clone()));
  return answer;
}

async function file(request) {
  const answer = await fetch(request).catch(() => undefined);
  return answer ?? (await kept(request)) ?? Response.error();
}

async function kept(request) {
  const cache = await caches.open(CACHE);
  return cache.match(request, { ignoreVary: true });
}

/** Keeps the page with all its files in place of the previous version. */
async function keep(answer) {
  if (!answer.ok) return;
  const html = await answer.clone().text();
  if (!html.includes(MARK)) return leave();
  const files = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path);
  const cache = await caches.open(CACHE);
  // All or nothing: when the connection breaks here, the previous version stays complete.
  await cache.addAll(files);
  await cache.put('/', answer);
  for (const request of await cache.keys()) {
    if (!['/', ...files].includes(new URL(request.url).pathname)) await cache.delete(request);
  }
}

/** Ends itself, because the address belongs to another application now. */
async function leave() {
  await caches.delete(CACHE);
  await registration.unregister();
}
