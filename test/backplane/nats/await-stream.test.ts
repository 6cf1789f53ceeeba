import { expect, it } from 'vitest';
import { awaitStream } from '../../../src/backplane/nats/await-stream.js';
import type { NatsLine } from '../../../src/backplane/nats/line.js';
import { FakeClock } from '../../../src/testing/fake-clock.js';

/** A line on which requests have the given answers, `undefined` for none. */
function lineWith(...statuses: readonly (number | undefined)[]): { line: NatsLine; readonly asked: () => number } {
  let asked = 0;
  const request = () => {
    const status = statuses[asked];
    asked += 1;
    return status === undefined ? new Promise(() => undefined) : Promise.resolve({ status, body: new Uint8Array(0) });
  };
  return { line: { request } as unknown as NatsLine, asked: () => asked };
}

it('asks until the stream answers', async () => {
  const clock = new FakeClock();
  const { line, asked } = lineWith(503, undefined, 404);
  let isOver = false;
  const waiting = awaitStream(line, clock, 'S').then(() => {
    isOver = true;
  });
  await clock.advance(49);
  expect([asked(), isOver]).toEqual([2, false]);
  await clock.advance(1);
  await waiting;
  expect(asked()).toBe(3);
});

it('gives up after five seconds', async () => {
  const clock = new FakeClock();
  const waiting = awaitStream(lineWith().line, clock, 'S');
  await clock.advance(5_000);
  await waiting;
});
