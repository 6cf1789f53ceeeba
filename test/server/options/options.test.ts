import { describe, expect, it } from 'vitest';
import { settleEngineOptions, settleServerOptions } from '../../../src/server/options/options.js';

describe('settleServerOptions', () => {
  it('has the defaults of Socket.IO 4.8', () => {
    expect(settleServerOptions({})).toMatchObject({
      path: '/socket.io',
      addTrailingSlash: true,
      pingInterval: 25_000,
      pingTimeout: 20_000,
      upgradeTimeout: 10_000,
      connectTimeout: 45_000,
      maxHttpBufferSize: 1_000_000,
      transports: ['polling', 'websocket', 'sse'],
      allowUpgrades: true,
      perMessageDeflate: false,
      serveClient: true,
      allowEIO3: false,
      connectionStateRecovery: undefined,
      cleanupEmptyChildNamespaces: false,
    });
    expect(settleEngineOptions({}).path).toBe('/engine.io');
    expect(settleServerOptions({ connectionStateRecovery: {} }).connectionStateRecovery).toEqual({
      maxDisconnectionDuration: 120_000,
      skipMiddlewares: true,
      bytesMax: 67_108_864,
      keptSessionsMax: 100_000,
    });
  });

  it('takes undefined for what is not given, and is frozen', () => {
    const settings = settleServerOptions({ pingInterval: undefined, path: undefined });
    expect(settings.pingInterval).toBe(25_000);
    expect(settings.path).toBe('/socket.io');
    expect(Object.isFrozen(settings)).toBe(true);
  });

  it.each([
    [{ pingInterval: '25000' }, /"pingInterval" is 25000; give a number from 1/],
    [{ pingTimeout: 0 }, /"pingTimeout" is 0/],
    [{ pingTimeout: Number.NaN }, /"pingTimeout" is NaN/],
    [{ connectTimeout: 2 ** 31 }, /"connectTimeout"/],
    [{ maxHttpBufferSize: -1 }, /"maxHttpBufferSize"/],
    [{ initialPacket: 5 }, /"initialPacket" is number; give a string/],
    [{ initialPacket: null }, /"initialPacket" is null/],
    [{ initialPacket: {} }, /"initialPacket" is object/],
    [{ transports: ['carrier pigeon'] }, /"transports" has carrier pigeon/],
    [{ transports: [] }, /"transports"/],
    [{ transports: 'websocket' }, /"transports"/],
    [{ path: 5 }, /"path"/],
    [{ adapter: class {} }, /"adapter" is left out on purpose/],
    [{ wsEngine: class {} }, /"wsEngine" is left out on purpose/],
    [{ connectionStateRecovery: { maxDisconnectionDuration: 'long' } }, /"maxDisconnectionDuration"/],
  ])('names the option, the value and the fix for %j', (options, message) => {
    expect(() => settleServerOptions(options as object)).toThrow(message);
    expect(() => settleServerOptions(options as object)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
  });
});
