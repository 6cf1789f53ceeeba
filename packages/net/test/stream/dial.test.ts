import type { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { readOptions } from '../../../naru/src/base/options/table.js';
import { streamTable } from '../../src/options.js';
import { dial } from '../../src/stream/dial.js';
import { failure, openListener } from '../pair.js';

it('returns its socket at once, and ends when the socket is destroyed', async () => {
  const listener = await openListener();
  const dialed: Socket[] = [];
  const parts = { settings: readOptions(streamTable, { keepAliveMs: 1000 }), from: undefined, signal: undefined };
  const onSocket = (socket: Socket) => void dialed.push(socket);
  const first = await dial(listener.localEndpoint, { ...parts, onSocket });
  expect(dialed).toEqual([first]);
  for (const event of ['error', 'close', 'connect']) expect(first.listenerCount(event)).toBe(0);
  first.destroy();
  const second = failure(dial(listener.localEndpoint, { ...parts, onSocket }));
  dialed[1]?.destroy();
  expect((await second).code).toBe('CLOSED');
});
