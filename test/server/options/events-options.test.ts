import { describe, expect, it } from 'vitest';
import { Server } from '../../../src/server/api/server.js';
import { settleEventsOptions } from '../../../src/server/options/events-options.js';

describe('settleEventsOptions', () => {
  it('is off unless it is asked for, and has defaults', () => {
    expect(settleEventsOptions(undefined)).toBeUndefined();
    expect(settleEventsOptions(false)).toBeUndefined();
    const defaults = { path: '/events', retry: 3000, roomsPerRequestMax: 100, eventsPerRequestMax: 1000 };
    expect(settleEventsOptions(true)).toEqual(defaults);
    expect(settleEventsOptions({ path: '/live/', retry: undefined })).toEqual({ ...defaults, path: '/live' });
  });

  it('refuses what cannot be, when the server is made', () => {
    for (const path of ['', '/', 'events', '/a?b', '/a//', 5]) {
      expect(() => new Server({ events: { path: path as string } })).toThrow(/"events\.path" is/);
    }
    expect(() => new Server({ events: { retry: -1 } })).toThrow(/"events\.retry" is -1; give a whole number from 0/);
    expect(() => new Server({ events: { roomsPerRequestMax: 1.5 } })).toThrow(/"events\.roomsPerRequestMax"/);
    expect(() => new Server({ events: { rooms: 1 } as object })).toThrow(/has no "rooms"; there are "path"/);
    expect(() => new Server({ events: 'yes' as unknown as boolean })).toThrow(/"events" is yes/);
  });
});
