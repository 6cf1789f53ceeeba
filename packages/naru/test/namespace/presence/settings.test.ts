import { describe, expect, it } from 'vitest';
import { readServerOptions } from '../../../src/server/options/options.js';

describe('the options of presence', () => {
  it('have defaults', () => {
    expect(readServerOptions({}).presence).toEqual({
      graceMs: 0,
      leaseMs: 15_000,
      pollMs: 1_000,
      connectionsMax: 10_000,
      membersMax: 1_000,
      stateBytesMax: 4_096,
    });
  });

  it('have a grace if sessions are recovered, which does not outlast them', () => {
    const graceOf = (maxDisconnectionDuration: number | undefined, grace?: number) =>
      readServerOptions({ connectionStateRecovery: { maxDisconnectionDuration }, presence: { grace } }).presence
        .graceMs;
    expect(graceOf(undefined)).toBe(10_000);
    expect(graceOf(3_000)).toBe(3_000);
    expect(graceOf(3_000, 0)).toBe(0);
  });

  it('have three signs of life per lease', () => {
    expect(readServerOptions({ presence: { lease: 1_500 } }).presence.pollMs).toBe(500);
  });
});
