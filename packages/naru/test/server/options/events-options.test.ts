import { describe, expect, it } from 'vitest';
import { readServerOptions } from '../../../src/server/options/options.js';

describe('the options of plain events', () => {
  it('are off by default, and have defaults', () => {
    expect(readServerOptions({}).events).toBeUndefined();
    expect(readServerOptions({ events: false }).events).toBeUndefined();
    const defaults = { path: '/events', retry: 3000, roomsPerRequestMax: 100, eventsPerRequestMax: 1000 };
    expect(readServerOptions({ events: true }).events).toEqual(defaults);
    expect(readServerOptions({ events: { path: '/live/', retry: undefined } }).events).toEqual({
      ...defaults,
      path: '/live',
    });
  });

  it.each(['', '/', 'events', '/a?b', '/a//'])('refuse the path "%s"', (path) => {
    expect(() => readServerOptions({ events: { path } })).toThrow(
      `Option "events.path" must be a path such as "/events", got "${path}".`,
    );
  });
});
