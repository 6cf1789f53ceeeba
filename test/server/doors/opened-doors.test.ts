import { describe, expect, it } from 'vitest';
import { ConfigError, UnavailableError } from '../../../src/base/errors.js';
import type { Door, DoorContext, DoorOpener } from '../../../src/server/doors/door.js';
import { isEndpoint, OpenedDoors } from '../../../src/server/doors/opened-doors.js';
import { catchUncaught } from '../../catch-uncaught.js';

const CONTEXT = {} as DoorContext;

function openers(closed: string[] = []) {
  const open: DoorOpener = (endpoint): Door => ({
    endpoint: `${endpoint.scheme}://${endpoint.host}:${endpoint.port}`,
    address: undefined,
    ready:
      endpoint.port === 1
        ? Promise.reject(new UnavailableError('ADDRESS_IN_USE', `tcp://${endpoint.host}:1 is in use`))
        : Promise.resolve(),
    close: async () => {
      closed.push(endpoint.scheme);
    },
  });
  return { tcp: open, stomp: open };
}

describe('OpenedDoors', () => {
  it('opens the door of a scheme, at its registered port where none is said', async () => {
    const closed: string[] = [];
    const doors = new OpenedDoors(openers(closed));
    doors.open('tcp://127.0.0.1:4000', CONTEXT);
    doors.open('stomp://localhost', CONTEXT);
    await doors.ready();
    expect(doors.list.map(({ endpoint }) => endpoint)).toEqual(['tcp://127.0.0.1:4000', 'stomp://localhost:61613']);
    await doors.close();
    expect([closed, doors.list]).toEqual([['tcp', 'stomp'], []]);
  });

  it('refuses a scheme that no door has', () => {
    expect(() => new OpenedDoors(openers()).open('gopher://:70', CONTEXT)).toThrow(ConfigError);
    expect(() => new OpenedDoors(openers()).open('gopher://:70', CONTEXT)).toThrow(/gopher.*tcp/);
  });

  it('tells whoever waits of an endpoint that cannot be had, and forgets it', async () => {
    const uncaught = catchUncaught();
    const doors = new OpenedDoors(openers());
    doors.open('tcp://127.0.0.1:1', CONTEXT);
    await expect(doors.ready()).rejects.toThrow('tcp://127.0.0.1:1 is in use');
    expect([doors.list, uncaught]).toEqual([[], []]);
  });

  it('does not swallow such a failure when nobody waits', async () => {
    const uncaught = catchUncaught();
    new OpenedDoors(openers()).open('tcp://127.0.0.1:1', CONTEXT);
    await new Promise((resolve) => setImmediate(resolve));
    expect(uncaught).toEqual(['tcp://127.0.0.1:1 is in use']);
  });
});

describe('isEndpoint', () => {
  it('tells an endpoint from a port', () => {
    expect(['tcp://:1', 'unix:/a', 'UDP://x:1'].map(isEndpoint)).toEqual([true, true, true]);
    expect(['3000', 3000, '', undefined, {}].map(isEndpoint)).toEqual([false, false, false, false, false]);
  });
});
