/**
 * `explain` about events that the log has dropped for its size. A client that comes back after that is told of a gap,
 * and nobody knows the events any more. The logs are in memory, in a folder, in Redis and in NATS.
 */
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { explain } from '../../packages/explain/src/entry/index.js';
import { local } from '../../packages/local/src/entry/index.js';
import type { Backplane } from '../../packages/naru/src/entry/backplane.js';
import { Server } from '../../packages/naru/src/server/api/server.js';
import { nats } from '../../packages/nats/src/entry/index.js';
import { redis } from '../../packages/redis/src/entry/index.js';
import { startRedis, whyNoRedis } from '../../packages/redis/test/servers-and-uplinks.js';
import { startNats, whyNoNats } from '../kit/brokers/nats-server.js';
import { makeFolder } from '../kit/folders.js';
import { PlainClient } from './explain/three-nodes.js';

/** A log keeps events of so many bytes. Redis and NATS drop many at once. */
const RETENTION = { bytes: 100_000 };

/** A backplane of a kind; none for a log in memory. */
const HOMES: readonly (readonly [name: string, skip: boolean, open: () => Promise<Backplane | undefined>])[] = [
  ['in memory', false, async () => undefined],
  ['in a folder', false, async () => local(makeFolder({}), RETENTION)],
  ['in Redis', whyNoRedis !== undefined, async () => redis((await startRedis()).url, RETENTION)],
  ['in NATS', whyNoNats !== undefined, async () => nats((await startNats()).url, RETENTION)],
];

async function startServer(backplane: Backplane | undefined) {
  const recovery = { connectionStateRecovery: { bytesMax: RETENTION.bytes }, printNodes: false };
  const server = new Server(0, { ...recovery, ...(backplane && { backplane }) });
  onTestFinished(async () => {
    await server.close();
    await backplane?.close();
  });
  await server.ready();
  return { server, url: `http://127.0.0.1:${(server.httpServer.address() as AddressInfo).port}` };
}

describe.each(HOMES)('with a log %s', (_name, skip, open) => {
  it.skipIf(skip)('says in which gap an event lies that the log has dropped', async () => {
    const { server, url } = await startServer(await open());
    const first = await PlainClient.open(url);
    server.emit('known');
    await expect.poll(() => first.texts.length).toBe(1);
    const { session } = first;
    first.socket.terminate();
    await expect.poll(() => server.of('/').sockets.size).toBe(0);
    server.emit('dropped', 'secret text');
    const offset = async (event: string) => (await explain(server, { client: first.id, event })).event?.offset ?? '';
    await expect.poll(() => offset('dropped')).not.toBe('');
    const dropped = await offset('dropped');
    for (let at = 0; at < 400; at += 1) server.emit('bulk', 'x'.repeat(1_000));
    await expect.poll(() => offset('dropped')).toBe('');
    const back = await PlainClient.open(url, session);
    await expect.poll(() => back.texts.join()).toContain('naru:gap');
    const [, after, before] = /"naru:gap",\{"after":"(\w+)","before":(?:"(\w+)"|null)/.exec(back.texts.join()) ?? [];
    const { verdict, sentence, evidence, event } = await explain(server, { client: back.id, event: dropped });
    expect([verdict, event]).toEqual(['gap', undefined]);
    // The end of a gap is not always known.
    const ends = `after ${after}${before === undefined ? '' : ` and before ${before}`} are missing`;
    expect(sentence).toContain(`at ${dropped} any more: the events of / ${ends}, as ${back.id} was told`);
    expect(evidence.join('\n')).toContain(` gap after=${after} `);
    expect((await explain(server, { client: back.id, event: session.offset ?? '' })).verdict).toBe('unknown-event');
    expect((await explain(server, { client: 'nobody', event: dropped })).verdict).toBe('unknown-event');
  });
});
