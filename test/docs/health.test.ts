/** HAProxy and nginx with the configurations of docs/clusters.md, before servers whose health changes. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { Server } from '../../packages/naru/src/server/api/server.js';
import { describeWith, HAPROXY, NGINX, start } from '../conformance/events/programs.js';
import { configureNginx } from '../conformance/events/proxy.js';
import { makeFolder } from '../kit/folders.js';
import { fixedPort } from '../kit/ports.mjs';
import { readText } from '../tidy/source.js';

const HANDSHAKE = '/socket.io/?EIO=4&transport=polling';

/** A server that notes the paths of requests, and whose health and whole service can be turned off. */
interface Backend {
  readonly port: number;
  readonly asked: string[];
  status: number;
  isFull: boolean;
}

async function startBackend(): Promise<Backend> {
  const http = createServer();
  const io = new Server(http);
  const backend = { port: 0, asked: [] as string[], status: 200, isFull: false };
  const [serve] = http.listeners('request') as [(...args: unknown[]) => void];
  http.removeAllListeners('request');
  http.on('request', (request, response) => {
    if (request.url === '/readyz') response.writeHead(backend.status).end();
    else {
      backend.asked.push(request.url ?? '');
      if (backend.isFull) response.writeHead(503).end();
      else serve.call(http, request, response);
    }
  });
  await once(http.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => io.close());
  return Object.assign(backend, { port: (http.address() as AddressInfo).port });
}

/**
 * Returns the block of a language in docs/clusters.md that begins with this comment, for these backends and this port.
 */
function configuration(title: string, backends: readonly Backend[], port: number): string {
  const [, block = ''] =
    new RegExp(`\`\`\`\\w+\n# ${title}\n([\\s\\S]*?)\`\`\``).exec(readText('docs/clusters.md')) ?? [];
  const names = [...new Set(block.match(/\b(?:10\.0\.0\.\d+:3000|127\.0\.0\.1:300\d)\b/g))];
  expect(names.length).toBeGreaterThan(1);
  const placed = names.reduce((text, name, at) => text.replaceAll(name, `127.0.0.1:${backends[at]?.port}`), block);
  return placed.replace('bind :80', `bind 127.0.0.1:${port}`).replace('listen 80', `listen 127.0.0.1:${port}`);
}

function folderWith(name: string, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'naru-health-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, name), text);
  return folder;
}

const statusOf = (url: string): Promise<number> =>
  fetch(url).then(
    ({ status }) => status,
    () => 0,
  );

/** Asks for several sessions, one after the other. Returns the different answers. */
async function ask(url: string, count = 9): Promise<number[]> {
  const found = new Set<number>();
  for (let each = 0; each < count; each += 1) found.add(await statusOf(`${url}${HANDSHAKE}`));
  return [...found];
}

describeWith(HAPROXY, 'HAProxy before servers with `/readyz`', () => {
  it('sends new clients to healthy servers, and requests of sessions to all', { timeout: 60_000 }, async () => {
    const backends = [await startBackend(), await startBackend(), await startBackend()];
    const port = await fixedPort();
    const folder = folderWith('haproxy.cfg', configuration('haproxy.cfg', backends, port));
    start(HAPROXY, ['-db', '-f', join(folder, 'haproxy.cfg')]);
    const url = `http://127.0.0.1:${port}`;
    await expect.poll(() => ask(url), { timeout: 20_000 }).toEqual([200]);
    const [, ill] = backends as [Backend, Backend, Backend];
    ill.status = 503;
    const askedAnew = async (): Promise<number> => {
      ill.asked.length = 0;
      expect(await ask(url)).toEqual([200]);
      return ill.asked.length;
    };
    await expect.poll(askedAnew, { timeout: 20_000 }).toBe(0);
    for (let each = 0; each < 9; each += 1) await statusOf(`${url}${HANDSHAKE}&sid=known`);
    expect(ill.asked).toHaveLength(3);
    // The broker is away from all of them. Their sessions go on.
    for (const backend of backends) backend.status = 503;
    await expect.poll(() => ask(url, 1), { timeout: 20_000 }).toEqual([503]);
    expect(await statusOf(`${url}${HANDSHAKE}&sid=known`)).toBe(400);
    ill.status = 200;
    await expect.poll(() => ask(url, 1), { timeout: 20_000 }).toEqual([200]);
  });
});

describeWith(NGINX, 'nginx before servers of which one is full', () => {
  it('sends new clients to the other one', { timeout: 30_000 }, async () => {
    const backends = [await startBackend(), await startBackend()];
    const port = await fixedPort();
    const block = configuration('nginx.conf', backends, port).replace('ip_hash;', '');
    start(NGINX, configureNginx(makeFolder({}), block));
    const url = `http://127.0.0.1:${port}`;
    await expect.poll(() => ask(url, 1), { timeout: 10_000 }).toEqual([200]);
    const [one, two] = backends as [Backend, Backend];
    one.isFull = true;
    expect(await ask(url)).toEqual([200]);
    expect(one.asked.length).toBeGreaterThan(0);
    expect(two.asked.length).toBeGreaterThanOrEqual(9);
  });
});
