import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeFolder } from '../../../../../test/kit/folders.js';
import { fixedPort } from '../../../../../test/kit/ports.mjs';
import { local } from '../../../../local/src/local-backplane.js';
import { Server } from '../../../src/server/api/server.js';

const SECRET = 'what only these servers know';
const OTHER = 'quite another secret';
const SESSION_UNKNOWN = [400, '{"code":1,"message":"Session ID unknown"}'];

const upgradeOf = (sid: string): string =>
  `GET /socket.io/?EIO=4&transport=websocket&sid=${sid} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\r\n\r\n`;

/** Asks for the upgrade of a session. Resolves with the begin of the answer. */
async function upgradeAt(port: number, sid: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.write(upgradeOf(sid));
  return String(await once(socket, 'data'));
}

/** Starts a server on a folder. Without `at`, it has no address, and without a secret no links. */
async function start(folder: string, at: number | undefined, secret: string | readonly string[] = SECRET) {
  const http = createServer();
  const backplane = local(folder);
  const address = at === undefined ? undefined : `tcp://127.0.0.1:${at}`;
  const links = { ...(secret && { secret }), ...(address && { address }) };
  const io = new Server(http, { backplane, links });
  const errors: string[] = [];
  io.engine.on('link_error', ({ message }: Error) => errors.push(message));
  http.listen(0, '127.0.0.1');
  await Promise.all([once(http, 'listening'), io.ready()]);
  onTestFinished(async () => {
    await io.close();
    await backplane.close();
  });
  const { port } = http.address() as AddressInfo;
  const ask = async (query: string, init?: RequestInit): Promise<[number, string]> => {
    const headers = { Connection: 'close' };
    const url = `http://127.0.0.1:${port}/socket.io/?EIO=4&transport=polling${query}`;
    const response = await fetch(url, { headers, ...init });
    return [response.status, await response.text()];
  };
  const open = async (): Promise<string> => {
    const [, text] = await ask('');
    return (JSON.parse(text.slice(1)) as { sid: string }).sid;
  };
  /** Resolves when a poll of a session waits. */
  const waits = (sid: string): Promise<void> =>
    expect.poll(() => io.engine.clients[sid]?.transport.writable).toBe(true);
  return { io, http, port, errors, backplane, ask, open, waits };
}

/** Starts two servers without links, which know each other. */
async function startPlain() {
  const folder = join(makeFolder({}), 'data');
  const pair = [await start(folder, undefined, ''), await start(folder, undefined, '')] as const;
  for (const { io } of pair) await io.fetchSlowReaders();
  return pair;
}

async function startTwo() {
  const folder = join(makeFolder({}), 'data');
  return [await start(folder, await fixedPort()), await start(folder, await fixedPort())] as const;
}

it('lead requests to the server of their session, in both directions', async () => {
  const [one, two] = await startTwo();
  for (const [owner, other] of [
    [one, two],
    [two, one],
  ] as const) {
    const sid = await owner.open();
    expect(await other.ask(`&sid=${sid}`, { method: 'POST', body: '40' })).toEqual([200, 'ok']);
    expect(await other.ask(`&sid=${sid}`)).toEqual([200, expect.stringMatching(/^40\{"sid":/)]);
  }
  expect([one.errors, two.errors]).toEqual([[], []]);
});

it('lead to and from a server without an address', async () => {
  const folder = join(makeFolder({}), 'data');
  const [one, two] = [await start(folder, await fixedPort()), await start(folder, undefined)];
  await two.io.fetchSlowReaders();
  expect(await two.ask(`&sid=${await one.open()}`, { method: 'POST', body: '40' })).toEqual([200, 'ok']);
  expect(await one.ask(`&sid=${await two.open()}`, { method: 'POST', body: '40' })).toEqual([200, 'ok']);
  expect((await one.io.fetchNodes()).map(({ address }) => address === undefined)).toEqual([false, true]);
});

it('answer a made-up sid as the server itself does', async () => {
  const [one, two] = await startTwo();
  for (const sid of ['abcdefgh', String(two.io.node)].map((node) => `${'a'.repeat(20)}.${node}`))
    expect(await one.ask(`&sid=${sid}`)).toEqual(SESSION_UNKNOWN);
});

it('give way to the backplane between two secrets, for bodies and waiting polls too, and both servers say so once', async () => {
  const folder = join(makeFolder({}), 'data');
  const [one, two] = [await start(folder, await fixedPort()), await start(folder, await fixedPort(), OTHER)];
  for (const [owner, other] of [
    [one, two],
    [two, one],
  ] as const) {
    const sid = await owner.open();
    // A body that is longer than any buffer on its way.
    const body = `40{"text":"${'x'.repeat(500_000)}"}`;
    expect(await other.ask(`&sid=${sid}`, { method: 'POST', body })).toEqual([200, 'ok']);
    expect(await other.ask(`&sid=${sid}`)).toEqual([200, expect.stringMatching(/^40\{"sid":/)]);
    const poll = other.ask(`&sid=${sid}`);
    await owner.waits(sid);
    owner.io.emit('news', 1);
    expect(await poll).toEqual([200, '42["news",1]']);
    expect(await upgradeAt(other.port, sid)).toMatch(/^HTTP\/1\.1 400 /);
  }
  const refused =
    'A link from 127.0.0.1 was refused, because its secret is none of "links.secret". Give all servers the same secrets; docs/clusters.md says how to change them';
  const without = expect.stringMatching(
    /^There is no link to the node .{8} at 127\.0\.0\.1, port \d+: it does not accept the secret of this server\. Polls go through the backplane, and upgrades are refused\. Give all servers the same option "links\.secret"; docs\/clusters\.md says how to change it$/,
  );
  for (const { errors } of [one, two]) {
    await expect.poll(() => errors.length).toBe(2);
    expect(errors).toEqual(expect.arrayContaining([refused, without]));
  }
});

it.each([
  ['is added at the end of the list', SECRET, [SECRET, OTHER]],
  ['comes first', [SECRET, OTHER], [OTHER, SECRET]],
  ['stays alone', [OTHER, SECRET], OTHER],
])('carry upgrades in both directions while a new secret %s', async (_, before, after) => {
  const folder = join(makeFolder({}), 'data');
  const [one, two] = [await start(folder, await fixedPort(), before), await start(folder, await fixedPort(), after)];
  for (const [owner, other] of [
    [one, two],
    [two, one],
  ] as const)
    expect(await upgradeAt(other.port, await owner.open())).toMatch(/^HTTP\/1\.1 101 /);
  expect([one.errors, two.errors]).toEqual([[], []]);
});

it('say nothing of a server that has closed, whose sessions are unknown then', async () => {
  const [one, two] = await startTwo();
  const sid = await one.open();
  expect(await two.ask(`&sid=${sid}`, { method: 'POST', body: '40' })).toEqual([200, 'ok']);
  await one.io.close();
  expect(await two.ask(`&sid=${sid}`)).toEqual(SESSION_UNKNOWN);
  expect(await two.ask(`&sid=${sid}`)).toEqual(SESSION_UNKNOWN);
  expect(two.errors).toEqual([]);
});

it('end with their server, although pipes and polls are under way, and open again', async () => {
  const [one, two] = await startTwo();
  const sid = await one.open();
  await one.ask(`&sid=${sid}`, { method: 'POST', body: '40' });
  await one.ask(`&sid=${sid}`);
  const socket = connect(two.port, '127.0.0.1');
  socket.write(upgradeOf(sid));
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  expect(String(chunk)).toMatch(/^HTTP\/1\.1 101 /);
  const closed = once(socket, 'close');
  const arrived = once(two.http, 'request');
  const poll = two.ask(`&sid=${sid}`);
  await arrived;
  await two.io.close();
  await closed;
  // The server cannot know any more whose session it is.
  expect((await poll)[0]).not.toBe(200);
  const http = createServer().listen(0, '127.0.0.1');
  two.io.attach(http);
  await two.io.ready();
  const { port } = http.address() as AddressInfo;
  const again = await fetch(`http://127.0.0.1:${port}/socket.io/?EIO=4&transport=polling&sid=${await one.open()}`, {
    ...{ method: 'POST', body: '40', headers: { Connection: 'close' } },
  });
  expect(again.status).toBe(200);
});

it('make a server that cannot listen for them not ready', async () => {
  const folder = join(makeFolder({}), 'data');
  const at = await fixedPort();
  await start(folder, at);
  await expect(start(folder, at)).rejects.toThrow(`the server cannot listen for links at 127.0.0.1, port ${at}: `);
});

describe('servers without links', () => {
  it('pass polls on by talk, in both directions', async () => {
    const [one, two] = await startPlain();
    for (const [owner, other] of [
      [one, two],
      [two, one],
    ] as const) {
      const sid = await owner.open();
      expect(await other.ask(`&sid=${sid}`, { method: 'POST', body: '40' })).toEqual([200, 'ok']);
      expect(await other.ask(`&sid=${sid}`)).toEqual([200, expect.stringMatching(/^40\{"sid":/)]);
      const poll = other.ask(`&sid=${sid}`);
      await owner.waits(sid);
      owner.io.emit('news', 1);
      expect(await poll).toEqual([200, '42["news",1]']);
    }
    expect([one.errors, two.errors]).toEqual([[], []]);
  });

  it('answer a made-up sid as the server itself does', async () => {
    const [one, two] = await startPlain();
    for (const sid of ['abcdefgh', String(two.io.node)].map((node) => `${'a'.repeat(20)}.${node}`)) {
      expect(await one.ask(`&sid=${sid}`)).toEqual(SESSION_UNKNOWN);
      expect(await one.ask(`&sid=${sid}`, { method: 'POST', body: '40' })).toEqual(SESSION_UNKNOWN);
    }
  });

  it('refuse upgrades and event streams, and the session goes on by polling', async () => {
    const [one, two] = await startPlain();
    const sid = await one.open();
    expect(await upgradeAt(two.port, sid)).toMatch(/^HTTP\/1\.1 400 [\s\S]*Session ID unknown\r?\n$/);
    expect(await two.ask(`&sid=${sid}&transport=sse`)).toEqual(SESSION_UNKNOWN);
    expect(await two.ask(`&sid=${sid}`, { method: 'POST', body: '40' })).toEqual([200, 'ok']);
  });

  it('end the session of a client that goes while its poll waits', async () => {
    const [one, two] = await startPlain();
    const closed = new Promise((resolve) => {
      one.io.on('connection', (socket) => socket.on('disconnect', resolve));
    });
    const sid = await one.open();
    await two.ask(`&sid=${sid}`, { method: 'POST', body: '40' });
    await two.ask(`&sid=${sid}`);
    const client = connect(two.port, '127.0.0.1');
    client.write(`GET /socket.io/?EIO=4&transport=polling&sid=${sid} HTTP/1.1\r\nHost: a\r\n\r\n`);
    await one.waits(sid);
    client.destroy();
    expect(await closed).toBe('transport error');
  });

  it('refuse polls of a server that has gone without a word, those that wait included', async () => {
    const [one, two] = await startPlain();
    const sid = await one.open();
    await two.ask(`&sid=${sid}`, { method: 'POST', body: '40' });
    await two.ask(`&sid=${sid}`);
    const poll = two.ask(`&sid=${sid}`);
    await one.waits(sid);
    one.io.engine.on('log_error', () => undefined);
    await one.backplane.close();
    expect(await poll).toEqual(SESSION_UNKNOWN);
    expect(await two.ask(`&sid=${sid}`)).toEqual(SESSION_UNKNOWN);
  });

  it('close although polls of others wait, and take them again when they listen again', async () => {
    const [one, two] = await startPlain();
    const sid = await one.open();
    await two.ask(`&sid=${sid}`, { method: 'POST', body: '40' });
    await two.ask(`&sid=${sid}`);
    const poll = two.ask(`&sid=${sid}`);
    await one.waits(sid);
    await one.io.close();
    expect((await poll)[0]).toBe(400);
    const http = createServer().listen(0, '127.0.0.1');
    one.io.attach(http);
    await once(http, 'listening');
    const { port } = http.address() as AddressInfo;
    const opened = await fetch(`http://127.0.0.1:${port}/socket.io/?EIO=4&transport=polling`);
    const { sid: next } = JSON.parse((await opened.text()).slice(1)) as { sid: string };
    // The other server may not have heard of it yet.
    const enter = (): Promise<unknown> => two.ask(`&sid=${next}`, { method: 'POST', body: '40' });
    await expect.poll(enter).toEqual([200, 'ok']);
  });
});
