import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../naru/src/base/clock.js';
import { BrokerClock } from '../../src/store/broker-clock.js';
import { encodeHead, GONE } from '../../src/store/head.js';
import type { NatsStream } from '../../src/store/stream.js';
import { sweep } from '../../src/store/sweep.js';
import { missing, serve } from './served.js';

async function fill(stream: NatsStream): Promise<void> {
  const put = (name: string, lifeMs: number | undefined, isGone = false) =>
    stream.publish(`${stream.prefix}.x.${name}`, new Uint8Array(1), encodeHead({ lifeMs, isGone, since: 0 }));
  for (let n = 0; n < 40; n += 1) await put(`ended${n}`, 0);
  await put('gone', 0, true);
  await put('renewed', 0);
  await put('renewed', 60_000);
  await put('ever', undefined);
  await stream.publish(`${stream.prefix}.x.deleted`, new Uint8Array(0), encodeHead(GONE));
}

describe.skipIf(missing !== undefined)('a sweep of a stream in NATS', () => {
  const server = serve();

  it('deletes what means nothing any more, and nothing else', async () => {
    const stream = await server.stream();
    await fill(stream);
    expect(await sweep(stream, new BrokerClock(stream, systemClock), 0)).toBe(41);
    const left: string[] = [];
    await stream.scan(`${stream.prefix}.x.*`, 1, ({ subject }) => left.push(subject.split('.').at(-1) ?? ''));
    expect(left).toEqual(['renewed', 'ever', 'deleted']);
  });

  it('is made by one of several nodes, and again after ten minutes', async () => {
    const stream = await server.stream();
    const clocks = Array.from({ length: 4 }, () => new BrokerClock(stream, systemClock));
    await fill(stream);
    const deleted = await Promise.all(clocks.map((clock) => sweep(stream, clock, 0)));
    expect(deleted.sort()).toEqual([0, 0, 0, 41]);
    await stream.publish(`${stream.prefix}.x.a`, new Uint8Array(0), encodeHead({ ...GONE, lifeMs: 0 }));
    const [one] = clocks;
    if (!one) throw new Error('there is a clock');
    expect(await sweep(stream, one, 0)).toBe(0);
    const later = { now: async () => (await one.now()) + 600_000 } as BrokerClock;
    // The renewed text has ended by then, and the deleted one is forgotten.
    expect(await sweep(stream, later, 0)).toBe(3);
  });

  it('spares messages that mean nothing since a short time', async () => {
    const stream = await server.stream();
    await fill(stream);
    expect(await sweep(stream, new BrokerClock(stream, systemClock))).toBe(0);
  });
});
