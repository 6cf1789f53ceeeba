import { describe, expect, it } from 'vitest';
import { settleHistoryOptions, settlePresenceOptions } from '../../../src/server/options/history-options.js';
import { settleServerOptions } from '../../../src/server/options/options.js';

describe('the options of history and presence', () => {
  it('have defaults', () => {
    expect(settleServerOptions({}).history).toEqual({ eventsMax: 1_000, bytesMax: 1_048_576, recordsMax: 10_000 });
    expect(settleServerOptions({}).presence).toEqual({
      graceMs: 0,
      leaseMs: 15_000,
      pollMs: 1_000,
      connectionsMax: 10_000,
      membersMax: 1_000,
      stateBytesMax: 4_096,
    });
  });

  it('give a grace where sessions are recovered, and none that outlasts them', () => {
    expect(settleServerOptions({ connectionStateRecovery: {} }).presence.graceMs).toBe(10_000);
    expect(settlePresenceOptions({}, 3_000).graceMs).toBe(3_000);
    expect(settlePresenceOptions({ grace: 0 }, 3_000).graceMs).toBe(0);
  });

  it('have three signs of life in a lease', () => {
    expect(settlePresenceOptions({ lease: 1_500 }, undefined).pollMs).toBe(500);
  });

  it.each([
    [{ history: { eventsMax: 0 } }, 'the option "history.eventsMax" is 0; give a number of 1 or more'],
    [{ history: { events: 5 } }, 'there is no option "history.events"'],
    [{ presence: { grace: -1 } }, 'the option "presence.grace" is -1; give a number from 0 to 2147483647'],
    [{ presence: { lease: '5s' } }, 'the option "presence.lease" is 5s'],
    [{ presence: { pollInterval: 1 } }, 'the option "presence.pollInterval" is 1'],
  ])('are checked: %j', (options, message) => {
    expect(() => settleServerOptions(options as never)).toThrow(message);
  });

  it('are what they were where nobody says anything', () => {
    expect(settleHistoryOptions()).toEqual(settleHistoryOptions({ eventsMax: undefined }));
  });
});
