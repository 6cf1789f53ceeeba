import { expect, it } from 'vitest';
import { decodeAnswer, encodeAnswer, isForOther } from '../../../src/namespace/once/answer-text.js';

it('has the socket in it if the event changes the socket', () => {
  const event: [string] = ['naru:subscribe'];
  const [one, other] = [
    { event, member: { id: 'one' } },
    { event, member: { id: 'other' } },
  ];
  const text = encodeAnswer(one, [{}]);
  expect([text, decodeAnswer(one, text)]).toEqual(['[{},"one"]', [{}]]);
  expect([isForOther(one, text), isForOther(other, text), isForOther(other, undefined)]).toEqual([false, true, false]);
  // This text names no socket.
  expect(isForOther(one, '[{}]')).toBe(true);
});

it('has all arguments for any other event, and is for every socket', () => {
  const attempt = { event: ['order'] as [string], member: { id: 'one' } };
  const text = encodeAnswer(attempt, ['done', 'other']);
  expect([text, decodeAnswer(attempt, text)]).toEqual(['["done","other"]', ['done', 'other']]);
  expect(isForOther(attempt, text)).toBe(false);
});
