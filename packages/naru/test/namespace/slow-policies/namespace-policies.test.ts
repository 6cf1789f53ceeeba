import { describe, expect, it } from 'vitest';
import { SlowPolicies } from '../../../src/namespace/slow-policies/namespace-policies.js';
import { WITHOUT_POLICY } from './settings.js';

const settings = { ...WITHOUT_POLICY, roomsMax: 2 };

describe('the policies of a namespace', () => {
  it('do nothing by default without a log', () => {
    const policies = new SlowPolicies(settings, false);
    expect(policies.isActive).toBe(false);
    expect(policies.of(['a'])).toBeUndefined();
  });

  it('catch up with a log', () => {
    expect(new SlowPolicies(settings, true).of([])).toMatchObject({ name: 'catch-up', bytesMax: 1_000 });
  });

  it('are those of the first room with one, of the namespace, of the server, in this order', () => {
    const policies = new SlowPolicies({ ...settings, policy: { policy: 'hold' } }, true);
    policies.set({ policy: 'disconnect' });
    policies.setRoom('b', { policy: 'drop-oldest' });
    policies.setRoom('c', { policy: 'newest-per-key' });
    expect([['a'], ['a', 'c', 'b'], ['b'], []].map((rooms) => policies.of(rooms)?.name)).toEqual([
      'disconnect',
      'newest-per-key',
      'drop-oldest',
      'disconnect',
    ]);
    policies.setRoom('b', undefined);
    policies.setRoom('c', undefined);
    expect(policies.of(['b'])?.name).toBe('disconnect');
    policies.set(undefined);
    expect(policies.of(['b'])?.name).toBe('hold');
  });

  it('name the room whose groups an event belongs to', () => {
    const policies = new SlowPolicies(settings, false);
    expect([policies.streamOf([]), policies.streamOf(['a', 'b'])]).toEqual([undefined, 'a']);
    policies.setRoom('b', { policy: 'newest-group' });
    expect(policies.streamOf(['a', 'b'])).toBe('b');
  });

  it('are limited in number, and stay as they were when one is invalid', () => {
    const policies = new SlowPolicies(settings, false);
    policies.setRoom('a', { policy: 'hold' });
    policies.setRoom('b', { policy: 'hold' });
    expect(() => policies.setRoom('c', { policy: 'hold' })).toThrow(/2 rooms .* "slowReaders.roomsMax"/);
    policies.setRoom('b', { policy: 'disconnect' });
    expect(policies.of(['b'])?.name).toBe('disconnect');
    expect(() => policies.setRoom('a', { policy: 'catch-up' })).toThrow(/no log/);
    expect(policies.of(['a'])?.name).toBe('hold');
    policies.setRoom('a', undefined);
    policies.setRoom('c', { policy: 'hold' });
    expect(policies.of(['c'])?.name).toBe('hold');
  });

  it('are the same when they are set again', () => {
    const policies = new SlowPolicies(settings, false);
    policies.setRoom('a', { policy: 'drop-oldest', bytesMax: 5 });
    const policy = policies.of(['a']);
    policies.setRoom('a', { policy: 'drop-oldest', bytesMax: 5 });
    expect(policies.of(['a'])).toBe(policy);
    policies.setRoom('a', { policy: 'drop-oldest', bytesMax: 6 });
    expect(policies.of(['a'])).not.toBe(policy);
    policies.setRoom('a', { policy: 'newest-group', bytesMax: 6, behindMax: 500 });
    const groups = policies.of(['a']);
    policies.setRoom('a', { policy: 'newest-group', bytesMax: 6, behindMax: 500 });
    expect(policies.of(['a'])).toBe(groups);
    policies.setRoom('a', { policy: 'newest-group', bytesMax: 6, behindMax: 501 });
    expect(policies.of(['a'])).not.toBe(groups);
  });

  it('note events from the first policy that drops some, and from then on', () => {
    const policies = new SlowPolicies(settings, false);
    policies.setRoom('a', { policy: 'hold' });
    expect(policies.isNoting).toBe(false);
    policies.setRoom('a', { policy: 'newest-per-key' });
    expect(policies.isNoting).toBe(true);
    policies.setRoom('a', undefined);
    expect(policies.isNoting).toBe(true);
  });

  it('set how much is sent ahead to a client that catches up, which is not disconnected for that', () => {
    const policies = new SlowPolicies(settings, true);
    expect(policies.lateBytesMax).toBe(1_000);
    policies.set({ policy: 'disconnect', bytesMax: 500 });
    expect(policies.lateBytesMax).toBe(250);
    policies.set({ policy: 'hold', bytesMax: 5 });
    expect(policies.lateBytesMax).toBe(Number.POSITIVE_INFINITY);
  });

  it('catch up nowhere in a namespace without a log, whatever the server or another namespace has', () => {
    const ofServer = { ...settings, policy: { policy: 'catch-up' } } as const;
    const [from, to] = [new SlowPolicies(ofServer, true), new SlowPolicies(ofServer, false)];
    from.setRoom('a', { policy: 'catch-up' });
    from.setRoom('b', { policy: 'hold' });
    from.copyTo(to);
    expect([from.of(['a'])?.name, to.of(['a'])?.name, to.of(['b'])?.name]).toEqual(['catch-up', undefined, 'hold']);
  });

  it('are copied to another namespace as they are at the time', () => {
    const [from, to] = [new SlowPolicies(settings, false), new SlowPolicies(settings, false)];
    from.set({ policy: 'hold' });
    from.setRoom('a', { policy: 'drop-oldest' });
    from.copyTo(to);
    from.setRoom('a', undefined);
    expect(to.of(['a'])?.name).toBe('drop-oldest');
    expect(to.isNoting).toBe(true);
  });
});
