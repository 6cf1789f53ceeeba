import { expect, test } from 'vitest';
import type { TransportClass } from '../../../src/client/engine/options.js';
import { joinWires } from '../../../src/client/engine/platform.js';
import { createFakeLink } from '../fake-link.js';

const { polling, websocket } = createFakeLink().platform.transports as Record<'polling' | 'websocket', TransportClass>;

test('a wire with schemes of its own is not tried at addresses of HTTP', () => {
  const { transports, defaults, schemes } = joinWires([
    { transport: websocket, schemes: ['a', 'b'] },
    { transport: polling },
  ]);
  expect(transports).toEqual({ websocket, polling });
  expect(defaults).toEqual(['polling']);
  expect(schemes).toEqual({ a: ['websocket'], b: ['websocket'] });
});

test('each wire accompanies a connection', () => {
  const accompanied: unknown[] = [];
  const accompany = (connection: object) => accompanied.push(connection);
  const connection = {};
  joinWires([
    { transport: polling, accompany },
    { transport: websocket },
    { transport: websocket, accompany },
  ]).accompany?.(connection);
  expect(accompanied).toEqual([connection, connection]);
});
