import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeFolder } from '../../../test/kit/folders.js';
import { local } from '../../local/src/local-backplane.js';
import { KEEPS_ALL, openAddress, openHome, schemeOf, withoutSecrets } from '../src/backplane-address.js';

it.each([
  ['redis://localhost', 'redis'],
  ['REDISS://localhost:6380/1', 'rediss'],
  ['nats://a:4222,nats://b:4222', 'nats'],
  ['tls://a:4222', 'tls'],
  ['./data', undefined],
  ['/var/lib/data', undefined],
  ['C:\\data', undefined],
  ['redis', undefined],
])('takes %j for an address with the scheme %j', (text, scheme) => {
  expect(schemeOf(text)).toBe(scheme);
});

it.each(['http://localhost', 'mongodb://localhost', 'constructor://x'])('refuses the scheme of %j', (text) => {
  expect(() => schemeOf(text)).toThrow('write one such as redis://localhost:6379 or nats://localhost:4222');
});

it.each([
  ['redis://localhost:6379', 'redis://localhost:6379'],
  ['redis://:secret@host:6379/0', 'redis://host:6379/0'],
  ['redis://user:secret@host', 'redis://host'],
  ['nats://user:secret@a:1,nats://user:secret@b:2', 'nats://a:1,nats://b:2'],
  ['nats://token@a,b', 'nats://a,b'],
  ['redis+sentinel://user:secret@a:26379/main', 'redis+sentinel://a:26379/main'],
  [
    'REDISS+SENTINEL://user:secret@a/main,REDISS+SENTINEL://user:secret@b/main',
    'REDISS+SENTINEL://a/main,REDISS+SENTINEL://b/main',
  ],
  ['redis://user:sec@ret@host:6379/0', 'redis://host:6379/0'],
  ['redis://user:s@ec/ret@a,redis://user:s,ec@ret@b?prefix=x@y', 'redis://a,redis://b?prefix=x@y'],
  ['nats://user:sec@ret@a, nats://user:sec@ret@b', 'nats://a, nats://b'],
])('shows %j without secrets', (address, shown) => {
  expect(withoutSecrets(address)).toBe(shown);
});

it.each([
  [
    'redis://127.0.0.1:1?prefix=a&app=b',
    "the address has 'app' after the question mark; it may have prefix, wait and log",
  ],
  ['nats://127.0.0.1:1?prefix=a', "the address has 'prefix' after the question mark; it may have app and replicas"],
  ['redis://127.0.0.1:1?wait=soon', 'Option "redis.wait" must be'],
  ['redis://127.0.0.1:1?log=no', 'Option "redis.log" must be'],
  ['nats://127.0.0.1:1?replicas=9', 'Option "nats.replicas" must be'],
])('refuses the options in %j', async (address, message) => {
  await expect(openAddress(address, KEEPS_ALL)).rejects.toThrow(message);
});

it('opens a folder with a log, and removes nothing there', async () => {
  const folder = join(makeFolder({}), 'data');
  const first = local(folder, KEEPS_ALL);
  const old = { rooms: [], except: [], event: '["old"]', attachments: [], at: 1 };
  first.log.append('/', [old]);
  const home = await openHome(folder);
  await home.log.append('/', [{ ...old, event: '["new"]', at: Date.now() }]);
  expect((await home.log.extent('/')).count).toBe(2);
  await home.close();
  await first.close();
});

it('refuses a folder without a log, and a path as an address', async () => {
  await expect(openHome(makeFolder({}))).rejects.toThrow(/there is no log in .*, or the address of a broker/);
  await expect(openAddress('./data', KEEPS_ALL)).rejects.toThrow("'./data' is not an address such as redis://");
});
