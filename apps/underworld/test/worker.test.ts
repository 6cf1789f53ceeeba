/** The service worker, run on a browser that the test plays. */
import { readFile } from 'node:fs/promises';
import { createContext, runInContext } from 'node:vm';
import { beforeEach, describe, expect, it } from 'vitest';

const source = await readFile(new URL('../public/worker.js', import.meta.url), 'utf8');
const html = (version: number, app = 'underworld') =>
  `<script src="/theme.js" data-app="${app}"></script><script type="module" src="/assets/${version}.js"></script>`;

/** The present answers of the server, by path. Without one, it cannot be reached. */
let server: Record<string, Response | undefined>;
let cached: Map<string, Response>;
let isRegistered: boolean;
let listeners: Record<string, (event: object) => void>;

beforeEach(() => {
  server = {};
  cached = new Map();
  isRegistered = true;
  listeners = {};
  const pathOf = (request: string | { url: string }): string =>
    typeof request === 'string' ? request : new URL(request.url).pathname;
  const fetched = async (request: string | { url: string }): Promise<Response> => {
    const answer = server[pathOf(request)];
    if (!answer) throw new TypeError('Failed to fetch');
    return answer.clone();
  };
  const cache = {
    match: async (request: string | { url: string }) => cached.get(pathOf(request))?.clone(),
    put: async (path: string, answer: Response) => void cached.set(path, answer),
    addAll: async (paths: string[]) => {
      const answers = await Promise.all(paths.map(fetched));
      for (const [index, path] of paths.entries()) cached.set(path, answers[index] ?? new Response());
    },
    keys: async () => [...cached.keys()].map((path) => ({ url: `https://line.example${path}` })),
    delete: async (request: { url: string }) => cached.delete(pathOf(request)),
  };
  const scope = {
    URL,
    Response,
    location: { origin: 'https://line.example' },
    fetch: fetched,
    caches: { open: async () => cache, delete: async () => cached.clear() },
    registration: {
      unregister: async () => {
        isRegistered = false;
      },
    },
    skipWaiting: () => undefined,
    addEventListener: (type: string, listener: (event: object) => void) => {
      listeners[type] = listener;
    },
  };
  runInContext(source, createContext(scope));
});

/** Asks the worker for an address. Returns the text of its answer, or what it left to the browser or could not give. */
async function ask(path: string, fields: object = {}): Promise<string> {
  let answer: Promise<Response> | undefined;
  const work: Promise<unknown>[] = [];
  listeners.fetch?.({
    request: { url: new URL(path, 'https://line.example').href, method: 'GET', mode: 'navigate', ...fields },
    respondWith: (given: Promise<Response>) => {
      answer = given;
    },
    waitUntil: (given: Promise<unknown>) => void work.push(given),
  });
  if (!answer) return 'left to the browser';
  const { type, text } = await answer.then(async (given) => ({ type: given.type, text: await given.text() }));
  await Promise.allSettled(work);
  return type === 'error' ? 'no answer' : text;
}

const script = { mode: 'cors', destination: 'script' };
function serve(version: number): void {
  server = {
    '/': new Response(html(version)),
    '/theme.js': new Response('theme'),
    [`/assets/${version}.js`]: new Response(`version ${version}`),
  };
}

describe('the service worker', () => {
  it('shows the page and its files while the server cannot be reached', async () => {
    serve(1);
    expect(await ask('/')).toBe(html(1));
    server = {};
    expect(await ask('/')).toBe(html(1));
    expect(await ask('/assets/1.js', script)).toBe('version 1');
    server = { '/': new Response('Bad Gateway', { status: 502 }) };
    expect(await ask('/')).toBe(html(1));
  });

  it('keeps the page from its installation on', async () => {
    serve(1);
    let work: Promise<unknown> | undefined;
    listeners.install?.({
      waitUntil: (given: Promise<unknown>) => {
        work = given;
      },
    });
    await work;
    server = {};
    expect(await ask('/')).toBe(html(1));
  });

  it('never shows an old version when the server answers, and keeps one version only', async () => {
    serve(1);
    await ask('/');
    serve(2);
    expect(await ask('/')).toBe(html(2));
    expect([...cached.keys()].sort()).toEqual(['/', '/assets/2.js', '/theme.js']);
    server = { '/': new Response('moved', { status: 404 }), '/theme.js': new Response('another theme') };
    expect(await ask('/')).toBe('moved');
    expect(await ask('/theme.js', script)).toBe('another theme');
  });

  it('keeps the old version complete when the connection breaks in the middle of the new one', async () => {
    serve(1);
    await ask('/');
    serve(2);
    server['/assets/2.js'] = undefined;
    expect(await ask('/')).toBe(html(2));
    server = {};
    expect(await ask('/')).toBe(html(1));
    expect(await ask('/assets/1.js', script)).toBe('version 1');
  });

  it('ends itself when another application answers at its address', async () => {
    serve(1);
    await ask('/');
    server = { '/': new Response(html(7, 'live')) };
    expect(await ask('/')).toBe(html(7, 'live'));
    expect([isRegistered, cached.size]).toEqual([false, 0]);
  });

  it('leaves everything but the page and its files to the browser', async () => {
    serve(1);
    await ask('/');
    for (const [path, fields] of [
      ['/events/central', {}],
      ['/other/', {}],
      ['/', { method: 'POST' }],
      ['/engine.io/?EIO=4', { mode: 'cors', destination: '' }],
      ['https://other.example/x.js', script],
    ] as const)
      expect([path, await ask(path, fields)]).toEqual([path, 'left to the browser']);
    server = {};
    expect(await ask('/assets/9.js', script)).toBe('no answer');
  });
});
