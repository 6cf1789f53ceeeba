import { describe, expect, it } from 'vitest';
import { transportContract } from '../../src/contracts/transport-contract.js';
import { openMemory, openPolling, openWebSocket } from '../subjects.js';

describe('the contract of transports', () => {
  describe.each([
    ['a transport in memory', openMemory],
    ['a WebSocket', openWebSocket],
    ['long-polling', openPolling],
  ])('is kept by %s', (_name, open) => {
    for (const { name, run } of transportContract(open)) it(name, run);
  });

  it('reports for each case whether the promise was kept, or why there is none', async () => {
    const outcomes = await Promise.all(transportContract(openMemory).map(({ run }) => run()));
    expect(outcomes.filter(({ isKept }) => isKept).length).toBeGreaterThan(15);
    for (const outcome of outcomes) if (!outcome.isKept) expect(outcome.why).toMatch(/./);
  });

  it('has a topic and a unique name for each case', () => {
    const cases = transportContract(openMemory);
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
    expect([...new Set(cases.map(({ topic }) => topic))]).toEqual(['delivery', 'back-pressure', 'ending']);
  });
});
