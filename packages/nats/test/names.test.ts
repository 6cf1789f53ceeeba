import fc from 'fast-check';
import { expect, it } from 'vitest';
import { groupOf, NatsNames, nameOf, tokenOf } from '../src/names.js';

it('writes any name as one token, and reads it again', () => {
  for (const [name, token] of [
    ['/', '%2F'],
    ['/chat-1', '%2Fchat-1'],
    ['', '%'],
    ['a.b*>%', 'a%2Eb%2A%3E%25'],
    ['€\ud800', '%u20AC%uD800'],
  ] as const) {
    expect(tokenOf(name)).toBe(token);
    expect(nameOf(token)).toBe(name);
  }
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      expect(nameOf(tokenOf(name))).toBe(name);
      expect(tokenOf(name)).toMatch(/^[\w%-]+$/);
    }),
  );
});

it('spreads namespaces over the groups', () => {
  const groups = Array.from({ length: 1_600 }, (_, n) => groupOf(`/live-${n}`));
  for (let group = 0; group < 16; group += 1) {
    const count = groups.filter((each) => each === group).length;
    expect(count).toBeGreaterThan(50);
    expect(count).toBeLessThan(150);
  }
});

it('begins every name with that of the application', () => {
  const names = new NatsNames('shop');
  expect(names.logStream(3)).toBe('NARU_shop_3');
  expect(names.logSubject(3, 'log', tokenOf('/'))).toBe('naru.shop.3.log.%2F');
  expect(names.pushSubject(3, '>')).toBe('naru.shop.push.3.>');
  expect(names.saidSubject('/a')).toBe('naru.shop.said.%2Fa');
});
