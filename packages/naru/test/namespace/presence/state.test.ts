import { expect, it } from 'vitest';
import { bad, encodeState } from '../../../src/namespace/presence/state.js';

it('encodes a state as JSON, and an absent one as null', () => {
  expect(encodeState({ mood: 'good' }, 100)).toBe('{"mood":"good"}');
  expect(encodeState(undefined, 100)).toBe('null');
});

it.each([
  ['a function', () => undefined, 'got a function'],
  ['a BigInt', 1n, 'must be JSON'],
  ['a text of too many bytes', 'ü'.repeat(50), 'at most 100 bytes'],
])('refuses %s', (_, state, message) => {
  expect(() => encodeState(state, 100)).toThrow(message);
});

it('has one code for all wrong arguments', () => {
  expect(bad('no')).toMatchObject({ code: 'BAD_ARGUMENT', message: 'no' });
});
