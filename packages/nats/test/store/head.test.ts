import { expect, it } from 'vitest';
import { decodeHead, encodeHead, GONE, type Head } from '../../src/store/head.js';

const decode = (headers: Readonly<Record<string, string>>) =>
  decodeHead({ seq: 1, at: 0, subject: 's', body: new Uint8Array(0), header: (name) => headers[name] });

it.each<Head>([
  { lifeMs: undefined, isGone: false, since: 0 },
  { lifeMs: 0, isGone: false, since: 7 },
  { lifeMs: 60_000.5, isGone: false, since: 2 ** 50 },
  GONE,
])('reads the head that it wrote: %j', (head) => {
  expect(decode(encodeHead(head))).toEqual(head);
});

it('takes an endless life for none', () => {
  expect(decode(encodeHead({ ...GONE, lifeMs: Number.POSITIVE_INFINITY }))?.lifeMs).toBeUndefined();
});

it('knows no head of a later version, and none of other messages', () => {
  expect([decode({ Naru: '2 - 0' }), decode({})]).toEqual([undefined, undefined]);
});
