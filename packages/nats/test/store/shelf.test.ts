import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../naru/src/base/clock.js';
import { encodeHead, GONE, type Head } from '../../src/store/head.js';
import { Shelf } from '../../src/store/shelf.js';
import { SentWrites } from '../../src/store/writes.js';
import { missing, serve } from './served.js';

describe.skipIf(missing !== undefined)('a stream for texts', () => {
  const server = serve();

  it.each<[string, Head, boolean]>([
    ['no end', { lifeMs: undefined, isGone: false, since: 0 }, true],
    ['its end ahead', { lifeMs: 60_000, isGone: false, since: 0 }, true],
    ['its end behind', { lifeMs: 0, isGone: false, since: 0 }, false],
    ['no value', GONE, false],
  ])('tells whether a message with %s counts', async (_what, head, expected) => {
    const stream = await server.stream();
    const shelf = new Shelf(stream, new SentWrites(), systemClock);
    await stream.publish(`${stream.prefix}.x.a`, new Uint8Array(0), encodeHead(head));
    const message = await stream.last(`${stream.prefix}.x.a`);
    expect(message && (await shelf.isAlive(message))).toBe(expected);
  });

  it('is swept while it is written to', async () => {
    const stream = await server.stream();
    let shift = 0;
    const shelf = new Shelf(stream, new SentWrites(), { ...systemClock, now: () => systemClock.now() + shift });
    const write = (number: number) => shelf.begin({ writer: 'w', number, settled: number - 1 });
    await write(1);
    expect(await stream.last(`${stream.prefix}.sweep`)).toBeUndefined();
    shift = 60_000;
    await write(2);
    await expect.poll(() => stream.last(`${stream.prefix}.sweep`)).toBeDefined();
  });
});
