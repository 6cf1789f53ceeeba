import { describe, expect, it } from 'vitest';
import { stomp } from '../../../../stomp/src/stomp.js';
import { Server } from '../../../src/server/api/server.js';
import type { Wire } from '../../../src/server/endpoints/endpoint.js';

const pigeons = (seen: unknown[] = []): Wire => ({
  schemes: { pigeon: 1149 },
  open: ({ port }, { settings }) => {
    seen.push(port, settings.pingInterval);
    return { url: 'pigeon://', address: undefined, ready: Promise.resolve(), close: () => Promise.resolve() };
  },
});

describe('the wires of a server', () => {
  it('are byte streams alone when the program gives none', async () => {
    const io = new Server();
    io.listen('tcp://127.0.0.1:0');
    await io.ready();
    expect(io.endpoints[0]?.address).toMatchObject({ address: '127.0.0.1' });
    await io.close();
    expect(() => io.listen('pigeon://roof')).toThrow('pigeon');
  });

  it('open endpoints with the settings of the server', async () => {
    const seen: unknown[] = [];
    const io = new Server({ wires: [pigeons(seen)], pingInterval: 100 });
    io.listen('pigeon://roof');
    await io.ready();
    expect(seen).toEqual([1149, 100]);
    await io.close();
  });

  it('may come with the address', () => {
    const io = new Server().listen('pigeon://roof', { wires: [pigeons()] });
    expect(io.endpoints).toHaveLength(1);
  });

  it.each([[stomp], [{}], [null], 'stomp', pigeons()])('are refused as %j', (wires) => {
    expect(() => new Server({ wires: wires as never })).toThrow('Option "wires" must be a list of wires');
  });

  it('have different schemes', () => {
    expect(() => new Server({ wires: [pigeons(), pigeons()] })).toThrow(
      'Option "wires" has two wires for "pigeon:": leave one out.',
    );
    expect(() => new Server({ wires: [{ schemes: { tcp: 1 } }] })).toThrow('two wires for "tcp:"');
  });
});
