import { describe, expect, it } from 'vitest';
import { Scope, Scopes } from '../../src/limits/scope.js';

const rates = new Map([['events', { perSecond: 1, burst: 1 }]] as const);

describe('Scope', () => {
  it('has one bucket for each of its limits', () => {
    const scope = new Scope(rates);
    expect(scope.bucket('events', 0)).toBe(scope.bucket('events', 5));
    expect(scope.bucket('bytes', 0)).toBeUndefined();
  });

  it('is forgettable without sockets, once its buckets are full', () => {
    const scope = new Scope(rates);
    scope.holders = 1;
    scope.bucket('events', 0)?.owe(1, 0);
    expect(scope.isForgettable(5_000)).toBe(false);
    scope.holders = 0;
    expect([scope.isForgettable(999), scope.isForgettable(1_000)]).toEqual([false, true]);
  });
});

describe('Scopes', () => {
  it('forget those that have nothing to remember, and are bounded', () => {
    const scopes = new Scopes(rates, 2_000);
    for (let at = 0; at < 10_000; at += 1) scopes.of(`idle ${at}`, 0);
    expect(scopes.count).toBeLessThanOrEqual(1_001);
    for (let at = 0; at < 10_000; at += 1) scopes.of(`used ${at}`, 0).bucket('events', 0)?.owe(1, 0);
    expect(scopes.count).toBeLessThanOrEqual(2_001);
  });

  it('keep those that sockets hold', () => {
    const scopes = new Scopes(rates, 1_000);
    const held = scopes.of('held', 0);
    held.holders = 1;
    for (let at = 0; at < 5_000; at += 1) scopes.of(`other ${at}`, 0);
    expect(scopes.of('held', 0)).toBe(held);
  });
});
