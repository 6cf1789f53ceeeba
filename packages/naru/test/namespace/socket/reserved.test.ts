import { describe, expect, it } from 'vitest';
import { checkEventName } from '../../../src/namespace/socket/reserved.js';

describe('checkEventName', () => {
  it.each(['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener'])(
    'refuses %s',
    (name) => {
      expect(() => checkEventName(name)).toThrow(`"${name}" is a reserved event name`);
    },
  );

  it.each(['message', 'connection', '__proto__', '', 'Connect'])('accepts %j', (name) => {
    expect(() => checkEventName(name)).not.toThrow();
  });
});
