import { once } from 'node:events';
import { request as httpsRequest } from 'node:https';
import { type AddressInfo, connect, createServer, Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { expect, it, onTestFinished, vi } from 'vitest';
import { fixedPort } from '../../../../../test/kit/ports.mjs';
import { FakeClock } from '../../../../testing/src/fake-clock.js';
import { type Clock, systemClock } from '../../../src/base/clock.js';
import { dial } from '../../../src/server/links/dial.js';
import { LinkServer } from '../../../src/server/links/link-server.js';
import { isOtherKey, keyOf, type LinkKey, type LinkKeys } from '../../../src/server/links/pre-shared-key.js';

const key = keyOf('the secret of this cluster');
const host = '127.0.0.1';

/** Listens for links, and notes what reaches the engine. */
async function open(keys: LinkKeys = [key]) {
  const port = await fixedPort();
  const seen: unknown[] = [];
  const refused: (Error & { code?: string })[] = [];
  const target = { handleRequest: () => seen.push('request'), handleUpgrade: () => seen.push('upgrade') };
  const server = new LinkServer(
    { host, port, keys },
    () => target,
    (error) => refused.push(error),
  );
  onTestFinished(() => server.close());
  await server.ready;
  return { port, seen, refused };
}

const dialWith = (port: number, itsKey: LinkKey): Promise<Socket> =>
  new Promise((resolve, reject) => {
    dial({ host, port, key: itsKey }, systemClock, (error, socket) => (socket ? resolve(socket) : reject(error)));
  });

it('makes another key of each secret', () => {
  expect(keyOf('one')).toEqual(keyOf('one'));
  expect(keyOf('one')).not.toEqual(keyOf('two'));
  expect(key.psk).toHaveLength(32);
});

it('connects two ends with the same key, and encrypts what they say', async () => {
  const { port, refused } = await open();
  const socket = await dialWith(port, key);
  onTestFinished(() => void socket.destroy());
  expect(socket).toMatchObject({ encrypted: true });
  expect(refused).toEqual([]);
});

it('tells both ends that their keys differ, before any request is read', async () => {
  const { port, seen, refused } = await open();
  const failure = await dialWith(port, keyOf('another secret')).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(isOtherKey(failure as NodeJS.ErrnoException)).toBe(true);
  await expect.poll(() => refused.map(isOtherKey)).toEqual([true]);
  expect(seen).toEqual([]);
});

it('accepts each of its keys', async () => {
  const next = keyOf('the next secret of this cluster');
  const { port, refused } = await open([next, key]);
  for (const each of [key, next]) (await dialWith(port, each)).destroy();
  await expect(dialWith(port, keyOf('another secret'))).rejects.toThrow();
  await expect.poll(() => refused.map(isOtherKey)).toEqual([true]);
});

it('lets nobody in who has no key', async () => {
  const { port, seen } = await open();
  const request = httpsRequest({ host, port, rejectUnauthorized: false }).end();
  await once(request, 'error');
  const plain = connect(port, host);
  plain.on('error', () => undefined);
  plain.end('GET / HTTP/1.1\r\nHost: a\r\nNaru-Client: {}\r\n\r\n');
  await once(plain.resume(), 'close');
  const other = connectTls({
    ...{ host, port, ciphers: 'PSK', maxVersion: 'TLSv1.2', checkServerIdentity: () => undefined },
    pskCallback: () => ({ psk: key.psk, identity: 'another name' }),
  });
  await once(other, 'error');
  expect(seen).toEqual([]);
});

it('closes the connection of a program that says nothing for five seconds', async () => {
  const { setTimeout } = Socket.prototype;
  const shortened = vi.spyOn(Socket.prototype, 'setTimeout').mockImplementation(function (this: Socket, ms, onTimeout) {
    return setTimeout.call(this, ms === 5_000 ? 20 : ms, onTimeout);
  });
  onTestFinished(() => shortened.mockRestore());
  const { port, seen } = await open();
  const silent = connect(port, host);
  silent.on('error', () => undefined);
  await once(silent.resume(), 'close');
  expect(seen).toEqual([]);
});

it('gives a machine up that does not answer', async () => {
  const silent = createServer((socket) => onTestFinished(() => void socket.destroy())).listen(0, host);
  onTestFinished(() => void silent.close());
  await once(silent, 'listening');
  const clock = new FakeClock();
  const place = { host, port: (silent.address() as AddressInfo).port, key };
  const failed = new Promise<Error | undefined>((resolve) => dial(place, clock, resolve));
  await clock.advance(2_000);
  expect(await failed).toMatchObject({ name: 'UnavailableError', code: 'TIMEOUT', message: 'no answer in 2000 ms' });
});

it('reads the answer of a machine first that came while this process stood still', async () => {
  const { port } = await open();
  let fire = (): void => undefined;
  const clock: Clock = {
    ...systemClock,
    setTimeout: (callback, _ms, argument) => {
      fire = () => callback(argument);
      return {};
    },
    clearTimeout: () => undefined,
  };
  const failed = new Promise<NodeJS.ErrnoException | undefined>((resolve) =>
    dial({ host, port, key: keyOf('another secret') }, clock, resolve),
  );
  fire();
  expect(isOtherKey((await failed) ?? {})).toBe(true);
});

it('says where it cannot listen', async () => {
  const { port } = await open();
  const second = new LinkServer({ host, port, keys: [key] }, () => ({}) as never);
  await expect(second.ready).rejects.toMatchObject({
    name: 'UnavailableError',
    message: expect.stringContaining(`the server cannot listen for links at ${host}, port ${port}: `),
  });
});
