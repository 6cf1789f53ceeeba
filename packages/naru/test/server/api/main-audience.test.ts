import { describe, expect, it } from 'vitest';
import { coreOf, type Namespace } from '../../../src/namespace/namespace.js';
import { Server } from '../../../src/server/api/server.js';

describe('the main namespace', () => {
  it('has every public method of the main namespace', () => {
    const server = new Server() as unknown as Record<string, unknown>;
    const names = [
      'use',
      'on',
      'once',
      'off',
      'addListener',
      'removeListener',
      'removeAllListeners',
      'prependListener',
      'prependOnceListener',
      'listeners',
      'rawListeners',
      'listenerCount',
      'eventNames',
      'setMaxListeners',
      'getMaxListeners',
      'emit',
      'emitWithAck',
      'send',
      'write',
      'to',
      'in',
      'except',
      'compress',
      'timeout',
      'allSockets',
      'fetchSockets',
      'socketsJoin',
      'socketsLeave',
      'disconnectSockets',
      'serverSideEmit',
      'serverSideEmitWithAck',
    ];
    for (const name of names) expect(typeof server[name], name).toBe('function');
  });

  it('listens on the main namespace', () => {
    const server = new Server();
    const seen: string[] = [];
    const listener = (): number => seen.push('removed');
    server.on('connection', listener);
    server.prependListener('connection', () => seen.push('first'));
    server.once('connection', () => seen.push('once'));
    server.off('connection', listener);
    const main = coreOf(server.sockets as object as Namespace);
    main.announce('connection');
    main.announce('connection');
    expect(seen).toEqual(['first', 'once', 'first']);
    expect(server.listenerCount('connection')).toBe(1);
    expect(server.eventNames()).toEqual(['connection']);
    expect(server.removeAllListeners().eventNames()).toEqual([]);
    expect(server.setMaxListeners(1).getMaxListeners()).toBe(Number.POSITIVE_INFINITY);
  });

  it('acts on its sockets', async () => {
    const server = new Server();
    server.socketsJoin('a');
    server.socketsLeave('a');
    server.disconnectSockets();
    expect(server.emit('x')).toBe(true);
    expect(server.send('x').write('y')).toBe(server);
    expect(await server.fetchSockets()).toEqual([]);
    expect(await server.allSockets()).toEqual(new Set());
    expect(await server.timeout(5).emitWithAck('q')).toEqual([]);
    expect(await server.to('a').except('b').compress(false).volatile.local.fetchSockets()).toEqual([]);
  });
});
