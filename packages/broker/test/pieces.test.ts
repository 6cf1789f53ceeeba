import { expect, it } from 'vitest';
import { SAID_BYTES_MAX, TALK_BYTES_MAX } from '../../naru/src/backplane/talk/exchange.js';
import { FakeClock } from '../../testing/src/fake-clock.js';
import { type MessageHead, Pieces } from '../src/pieces.js';

const FROM = { run: 'run', uplink: 1, number: 1 };
const head = (pieces: number): MessageHead => ({
  kind: 'talk',
  envelope: { kind: 'say', from: 'abcdefgh', namespace: '/' },
  pieces,
});
const piece = (index: number) => ({ kind: 'piece', index }) as const;

function build() {
  const clock = new FakeClock();
  const pieces = new Pieces(clock);
  const text = (message: ReturnType<Pieces['take']>): string | undefined =>
    message && Buffer.from(message.body).toString();
  const take = (frame: MessageHead | ReturnType<typeof piece>, body: string, channel = 'a', from = FROM) =>
    text(pieces.take(channel, from, frame, Buffer.from(body)));
  return { clock, pieces, take };
}

it('puts the pieces of each sender and channel together', () => {
  const { pieces, take } = build();
  const other = { run: 'other', uplink: 1, number: 1 };
  expect(take(head(1), 'whole')).toBe('whole');
  expect(take(head(3), 'a')).toBeUndefined();
  expect(take(head(2), 'x', 'b')).toBeUndefined();
  expect(take(head(2), '1', 'a', other)).toBeUndefined();
  expect(take(piece(1), 'b')).toBeUndefined();
  expect(take(piece(1), '2', 'a', other)).toBe('12');
  expect(take(piece(2), 'c')).toBe('abc');
  expect(take(piece(1), 'y', 'b')).toBe('xy');
  expect(pieces.lostCount).toBe(0);
});

it('gives up a message of which a piece is missing, comes twice, or comes over another uplink', () => {
  const cases = [() => [piece(2)], () => [piece(1), piece(1)], () => [piece(0)], () => [head(3)], () => [head(1)]];
  for (const frames of cases) {
    const { pieces, take } = build();
    take(head(3), 'a');
    for (const frame of frames()) take(frame, 'b');
    expect(pieces.lostCount).toBe(1);
  }
  const { pieces, take } = build();
  take(head(2), 'a');
  expect(take(piece(1), 'b', 'a', { run: 'run', uplink: 2, number: 1 })).toBeUndefined();
  expect(pieces.lostCount).toBe(1);
});

it('gives up a message whose next piece does not come within ten seconds', async () => {
  const { clock, pieces, take } = build();
  take(head(3), 'a');
  await clock.advance(9_000);
  take(piece(1), 'b');
  await clock.advance(9_000);
  pieces.expire();
  expect(pieces.lostCount).toBe(0);
  await clock.advance(1_000);
  pieces.expire();
  expect([pieces.lostCount, take(piece(2), 'c')]).toEqual([1, undefined]);
});

it('keeps no message above the limit, and no more than two of the longest', () => {
  const { pieces } = build();
  const body = Buffer.alloc(SAID_BYTES_MAX);
  pieces.take('a', FROM, head(1_000), body);
  expect(pieces.lostCount).toBe(1);
  const count = TALK_BYTES_MAX / SAID_BYTES_MAX;
  pieces.take('a', FROM, head(count + 2), body);
  for (let index = 1; index < count; index += 1) pieces.take('a', FROM, piece(index), body);
  expect(pieces.lostCount).toBe(1);
  pieces.take('a', FROM, piece(count), body);
  expect(pieces.lostCount).toBe(2);
  for (let channel = 0; channel < 3; channel += 1)
    for (let index = 0; index < count - 1; index += 1)
      pieces.take(`${channel}`, FROM, index === 0 ? head(count) : piece(index), body);
  expect(pieces.lostCount).toBe(3);
  expect(pieces.take('0', FROM, piece(count - 1), body)).toBeUndefined();
  expect(pieces.take('2', FROM, piece(count - 1), body)?.body.byteLength).toBe(TALK_BYTES_MAX);
});

it('keeps a thousand messages of which pieces are missing', () => {
  const { pieces, take } = build();
  for (let channel = 0; channel < 1_001; channel += 1) take(head(2), 'a', `${channel}`);
  expect(pieces.lostCount).toBe(1);
  expect([take(piece(1), 'b', '0'), take(piece(1), 'b', '1000')]).toEqual([undefined, 'ab']);
});
