import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { makeFolder } from '../../../../../test/kit/folders.js';
import type { RequestTarget } from '../../../src/server/engine/attach.js';
import { encodeFacts, FACTS_HEADER } from '../../../src/server/links/client-facts.js';
import { LinkServer, linkPath } from '../../../src/server/links/link-server.js';

const target: RequestTarget = {
  handleRequest: (request, response) => response.end(`${request.url} of ${request.socket.remoteAddress}`),
  handleUpgrade: (_request, socket) => socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n'),
};

function open(): string {
  const path = linkPath(makeFolder({}), 'abcdefgh');
  const server = new LinkServer({ path }, () => target);
  onTestFinished(() => server.close());
  return path;
}

const facts = encodeFacts(Object.create({}, { remoteAddress: { value: '10.0.0.1' } }));

async function ask(socketPath: string, headers: Record<string, string>): Promise<[number | undefined, string]> {
  const request = httpRequest({ socketPath, path: '/a', headers }).end();
  request.on('upgrade', (_response, socket) => socket.destroy());
  const [response] = (await Promise.race([once(request, 'response'), once(request, 'upgrade')])) as [IncomingMessage];
  let text = '';
  if (response.statusCode !== 101) for await (const chunk of response) text += chunk;
  return [response.statusCode, text];
}

it('listens at once, for this user alone, and removes its socket', () => {
  const path = join(makeFolder({}), 'a.sock');
  const server = new LinkServer({ path }, () => target);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  server.close();
  expect(existsSync(path)).toBe(false);
});

it('passes requests and upgrades to the engine, as if they came from the client', async () => {
  const path = open();
  expect(await ask(path, { [FACTS_HEADER]: facts })).toEqual([200, '/a of 10.0.0.1']);
  const upgrade = { Connection: 'Upgrade', Upgrade: 'websocket', [FACTS_HEADER]: facts };
  expect((await ask(path, upgrade))[0]).toBe(101);
});

it('refuses what no worker has written', async () => {
  const path = open();
  expect((await ask(path, {}))[0]).toBe(400);
  expect((await ask(path, { Connection: 'Upgrade', Upgrade: 'websocket' }))[0]).toBe(400);
});

it('takes a head that the server of the client took, with the facts on top', async () => {
  const path = open();
  expect((await ask(path, { [FACTS_HEADER]: facts, Cookie: 'a'.repeat(100_000) }))[0]).toBe(200);
});

it('throws when no socket can be made', () => {
  expect(() => new LinkServer({ path: join(makeFolder({}), 'no', 'such', 'a.sock') }, () => target)).toThrow(
    'the worker has no link, because no socket can be made at',
  );
});
