import { expect, it } from 'vitest';
import { FakeClock } from '../../testing/src/fake-clock.js';
import type { Uplink } from '../src/home.js';
import { decodeSaid, PIECE_BYTES_MAX, type Said } from '../src/said.js';
import { SaidQueue } from '../src/said-queue.js';

/** A queue, and uplinks that take what a test lets them. */
function build() {
  const clock = new FakeClock();
  const queue = new SaidQueue(clock, 'run');
  const said: string[] = [];
  const answers: ((isHeard: boolean) => void)[] = [];
  const uplink = (): Uplink => ({
    call: () => new Promise(() => undefined),
    hear: async () => undefined,
    unhear: () => undefined,
    close: () => undefined,
    say: (channel, bytes) => {
      const { from, head } = decodeSaid(bytes) as Said;
      said.push(`${channel} ${from.uplink} ${head.kind === 'piece' ? head.index : head.kind}`);
      return new Promise((resolve) => void answers.push(resolve));
    },
  });
  const add = (channel: string, size = 0, onUnheard?: () => void): boolean =>
    queue.add({
      channel,
      head: { kind: 'talk', envelope: { kind: 'say', from: 'abcdefgh', namespace: '/' }, pieces: 1 },
      body: Buffer.alloc(size),
      ...(onUnheard && { onUnheard }),
    });
  const answer = async (isHeard = true): Promise<void> => {
    for (const each of answers.splice(0)) each(isHeard);
    await clock.settle();
  };
  return { clock, queue, said, uplink, add, answer };
}

it('says messages in order, and in pieces, with the number of the uplink', async () => {
  const { queue, said, uplink, add } = build();
  add('a');
  queue.use(uplink());
  add('b', PIECE_BYTES_MAX + 1);
  add('c', PIECE_BYTES_MAX);
  queue.use(uplink());
  add('d');
  expect(said).toEqual(['a 1 talk', 'b 1 talk', 'b 1 1', 'c 1 talk', 'd 2 talk']);
});

it('gives the home no more than it takes', async () => {
  const { queue, said, uplink, add, answer } = build();
  queue.use(uplink());
  for (let n = 0; n < 20; n += 1) add(`${n}`, PIECE_BYTES_MAX);
  expect(said).toHaveLength(10);
  await answer();
  expect(said).toEqual(Array.from({ length: 20 }, (_, n) => `${n} 1 talk`));
});

it('loses a message of which a broken uplink has taken a piece, and no other that waits', async () => {
  const { queue, said, uplink, add, answer } = build();
  queue.use(uplink());
  add('a', 12 * PIECE_BYTES_MAX);
  add('b');
  queue.use(undefined);
  await answer();
  said.length = 0;
  queue.use(uplink());
  expect([said, queue.lostCount]).toEqual([['b 2 talk'], 1]);
});

it('says nothing that has waited for five seconds', async () => {
  const { clock, queue, said, uplink, add } = build();
  add('old');
  await clock.advance(4_000);
  add('new');
  await clock.advance(1_000);
  queue.use(uplink());
  expect([said, queue.lostCount]).toEqual([['new 1 talk'], 1]);
});

it('refuses what is too much, and takes a single message of any size', async () => {
  const { clock, queue, uplink, add } = build();
  const mebibyte = 1024 * 1024;
  expect([add('a', 60 * mebibyte), add('b')]).toEqual([true, false]);
  await clock.advance(5_000);
  expect([add('c', 10 * mebibyte), add('d', 7 * mebibyte)]).toEqual([true, false]);
  queue.use(uplink());
  expect([add('e', 60 * mebibyte), add('f', 70 * mebibyte)]).toEqual([true, false]);
  expect(queue.lostCount).toBe(4);
});

it('reports that nobody hears the end of a message', async () => {
  const { queue, uplink, add, answer } = build();
  let unheard = 0;
  const onUnheard = (): void => {
    unheard += 1;
  };
  queue.use(uplink());
  add('a', 2 * PIECE_BYTES_MAX, onUnheard);
  await answer(false);
  expect(unheard).toBe(1);
  add('a', 0, onUnheard);
  await answer(true);
  add('a', 0, onUnheard);
  // The answer of a broken uplink says nothing about the channel.
  queue.use(uplink());
  await answer(false);
  expect(unheard).toBe(1);
});
