import { expect, it } from 'vitest';
import { BaseServer } from '../../../src/server/api/base-server.js';
import type { Wire } from '../../../src/server/endpoints/endpoint.js';
import { EngineServer } from '../../../src/server/engine/engine-server.js';

/** A server with the given wires. */
class SmallServer extends BaseServer {
  constructor(wires: readonly Wire[], options: object = {}) {
    super({ wires, createEngine: (settings, host) => new EngineServer({}, settings, host) }, undefined, options);
  }
}

it('serves byte streams without any optional wire, and knows no other scheme', async () => {
  const io = new SmallServer([]);
  io.listen('tcp://127.0.0.1:0');
  await io.ready();
  expect(io.endpoints[0]?.address).toMatchObject({ address: '127.0.0.1' });
  await io.close();
  expect(() => io.listen('udp://127.0.0.1:0')).toThrow('udp');
});

it('reads the options of its wires, and opens their endpoints with the settings', async () => {
  const seen: unknown[] = [];
  const pigeons: Wire = {
    schemes: { pigeon: 1149 },
    complete: ({ pingInterval }) => ({ flightMs: pingInterval * 2 }),
    open: ({ port }, { settings }) => {
      seen.push(port, settings);
      return { url: 'pigeon://', address: undefined, ready: Promise.resolve(), close: () => Promise.resolve() };
    },
  };
  const io = new SmallServer([pigeons], { pingInterval: 100 });
  io.listen('pigeon://roof');
  await io.ready();
  expect(seen).toEqual([1149, expect.objectContaining({ flightMs: 200, pingInterval: 100 })]);
  await io.close();
});
