/** A Redis with less than a log needs. */
import { expect, onTestFinished } from 'vitest';
import type { Broker } from '../../../test/kit/brokers/broker.mjs';

/** The arguments of a Redis that keeps nothing on the disk. */
export const PLAIN = ['--appendonly', 'no'];
/** Those of a cache: it removes keys when it is full. */
export const CACHE = [...PLAIN, '--maxmemory', '4mb', '--maxmemory-policy', 'allkeys-lru'];

/** Makes a user that may use no command that is younger than Redis 6.0, and neither CONFIG nor INFO. */
export async function addOldUser(broker: Broker): Promise<string> {
  const { createClient } = await import('@redis/client');
  const client = createClient({ url: broker.url, RESP: 2 });
  onTestFinished(() => client.destroy());
  client.on('error', () => undefined);
  await client.connect();
  const docs = (await client.sendCommand(['COMMAND', 'DOCS'])) as unknown as readonly (string | readonly string[])[];
  const young: string[] = [];
  const isYoung = (facts: readonly string[]): boolean => {
    const [major = 0] = (facts[facts.indexOf('since') + 1] ?? '').split('.').map(Number);
    return major > 6 || (major === 6 && !/^6\.0/.test(facts[facts.indexOf('since') + 1] ?? ''));
  };
  for (let at = 0; at < docs.length; at += 2)
    if (isYoung(docs[at + 1] as readonly string[])) young.push(docs[at] as string);
  expect(young).toEqual(expect.arrayContaining(['spublish', 'ssubscribe']));
  const rules = ['on', '>secret', '~*', '&*', '+@all', '-config', '-info', ...young.map((name) => `-${name}`)];
  await client.sendCommand(['ACL', 'SETUSER', 'old', ...rules]);
  return `redis://old:secret@127.0.0.1:${broker.port}`;
}
