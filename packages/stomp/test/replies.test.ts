import { expect, it } from 'vitest';
import { Replies } from '../src/replies.js';

it('routes each answer once, and drops the oldest at the limit', () => {
  const replies = new Replies(2);
  const reply = (name: string) => ({ to: { kind: 'user', name, text: name }, headers: [] }) as const;
  const [a, b, c] = [replies.expect(reply('a')), replies.expect(reply('b')), replies.expect(reply('c'))];
  expect(replies.take(a)).toBeUndefined();
  expect([replies.take(b)?.to?.name, replies.take(b), replies.take(c)?.to?.name]).toEqual(['b', undefined, 'c']);
});
