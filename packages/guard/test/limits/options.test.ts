import { describe, expect, it } from 'vitest';
import { walkOptions } from '../../../naru/test/base/options/walk.js';
import { connectsTable, limitsTable, readLimits, scopeTable, serverTable, usesOf } from '../../src/limits/options.js';

describe('the options of limits', () => {
  walkOptions(limitsTable, (given) => readLimits(given));
  walkOptions(scopeTable, (given) => readLimits({ socket: given }));
  walkOptions(connectsTable, (given) => readLimits({ address: given }));
  walkOptions(serverTable, (given) => readLimits({ server: given }));

  it('are rates with bursts', () => {
    const { socket, user, events, address, outcome } = readLimits({
      socket: { events: 20, bytes: { perSecond: 1_000, burst: 5_000 }, history: 0.5 },
      byEvent: { say: { perSecond: 2, outcome: 'end' } },
      address: { connects: 5 },
    });
    expect([...socket]).toEqual([
      ['events', { perSecond: 20, burst: 20 }],
      ['bytes', { perSecond: 1_000, burst: 5_000 }],
      ['history', { perSecond: 0.5, burst: 1 }],
      [usesOf('say'), { perSecond: 2, burst: 2, outcome: 'end' }],
    ]);
    expect(events).toEqual(new Set(['say']));
    expect([...user, ...address]).toEqual([
      [usesOf('say'), { perSecond: 2, burst: 2, outcome: 'end' }],
      ['connects', { perSecond: 5, burst: 5 }],
    ]);
    expect(outcome).toBe('refuse');
  });

  it.each([
    { socket: { events: 0 } },
    { socket: { events: '5' } },
    { socket: { events: { perSecond: 5, burst: 0.5 } } },
    { socket: { events: { perSecond: 5, outcome: 'ignore' } } },
    { server: { sessionsMax: -1 } },
    { userOf: 'ticket' },
    { socket: { event: 5 } },
    { byEvent: { say: -1 } },
    { outcome: 'ignore' },
    { trustProxy: 5 },
    { sockets: {} },
  ])('are refused: %o', (given) => {
    expect(() => readLimits(given as never)).toThrow(/"limits/);
  });
});
