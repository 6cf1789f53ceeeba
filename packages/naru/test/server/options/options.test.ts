import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { memoryBackplane } from '../../../src/backplane/memory.js';
import { systemClock } from '../../../src/base/clock.js';
import { join } from '../../../src/base/options/table.js';
import { Server } from '../../../src/server/api/server.js';
import { wiresTable } from '../../../src/server/endpoints/wires.js';
import { attach, listen } from '../../../src/server/engine/listening-engine.js';
import { engineTable, readEngineOptions } from '../../../src/server/options/engine-options.js';
import { readServerOptions, serverTable } from '../../../src/server/options/options.js';
import { walkOptions } from '../../base/options/walk.js';

describe('readServerOptions', () => {
  it('has the defaults of Socket.IO 4.8', () => {
    expect(readServerOptions({})).toMatchObject({
      path: '/socket.io',
      addTrailingSlash: true,
      pingInterval: 25_000,
      pingTimeout: 20_000,
      upgradeTimeout: 10_000,
      connectTimeout: 45_000,
      maxHttpBufferSize: 1_000_000,
      transports: ['polling', 'websocket', 'sse'],
      allowUpgrades: true,
      serveClient: true,
      allowEIO3: false,
    });
    const { perMessageDeflate, connectionStateRecovery } = readServerOptions({});
    expect([perMessageDeflate, connectionStateRecovery]).toEqual([undefined, undefined]);
    expect(readEngineOptions({}).path).toBe('/engine.io');
    expect(readServerOptions({ connectionStateRecovery: {} }).connectionStateRecovery).toEqual({
      maxDisconnectionDuration: 120_000,
      skipMiddlewares: false,
      bytesMax: 67_108_864,
      keptSessionsMax: 100_000,
    });
  });

  it('takes undefined for a missing value, and is frozen', () => {
    const settings = readServerOptions({ pingInterval: undefined, path: undefined });
    expect(settings.pingInterval).toBe(25_000);
    expect(settings.path).toBe('/socket.io');
    expect(Object.isFrozen(settings)).toBe(true);
  });

  it.each([
    [
      { pingInterval: '25000' },
      'Option "pingInterval" must be a positive number of milliseconds, at most 2147483647, got "25000".',
    ],
    [
      { pingTimeout: Number.NaN },
      'Option "pingTimeout" must be a positive number of milliseconds, at most 2147483647, got NaN.',
    ],
    [{ maxHttpBufferSize: -1 }, 'Option "maxHttpBufferSize" must be a positive whole number of bytes, got -1.'],
    [
      { transports: ['carrier pigeon'] },
      'Option "transports[0]" must be "polling", "websocket", "sse" or "webtransport", got "carrier pigeon".',
    ],
    [{ initialPacket: null }, 'Option "initialPacket" must be a text, an ArrayBuffer or a view of one, got null.'],
    [{ path: 5 }, 'Option "path" must be a path such as "/socket.io", got 5.'],
    [{ serveClient: 'no' }, 'Option "serveClient" must be true or false, got "no".'],
    [{ cookie: 'io' }, 'Option "cookie" must be true, false or an object of options, got "io".'],
    [{ backplane: './data' }, 'Option "backplane" must be a backplane, such as local("./data"), got "./data".'],
    [{ idempotency: { scope: 'userId' } }, 'Option "idempotency.scope" must be a function, got "userId".'],
    [{ idempotency: { maxAge: 5 } }, 'Option "idempotency.maxAge" does not exist: use "idempotency.ageMax".'],
    [
      { perMessageDeflate: { treshold: 5 } },
      'Option "perMessageDeflate.treshold" does not exist: use "perMessageDeflate.threshold".',
    ],
    [{ heartbeatTimeout: 5 }, 'Option "heartbeatTimeout" does not exist in Naru: use "pingTimeout".'],
    [
      { adapter: class {} },
      'Option "adapter" does not exist in Naru: use a "backplane" where several processes share their events (docs/migration.md).',
    ],
  ])('names the option, the value and the fix for %j', (options, message) => {
    expect(() => readServerOptions(options as object)).toThrow(
      expect.objectContaining({ code: 'BAD_OPTION', message }),
    );
  });

  it('takes a backplane, and null for none', () => {
    const backplane = memoryBackplane(systemClock, { ageMs: 1_000, bytes: 1_000 });
    expect(readServerOptions({ backplane }).backplane).toBe(backplane);
    expect(readServerOptions({ backplane: null as never }).backplane).toBe(null);
    for (const bad of [true, {}, () => undefined, { log: {}, store: undefined }])
      expect(() => readServerOptions({ backplane: bad as never })).toThrow('Option "backplane" must be');
  });

  it('are read in every way in which a server gets them', () => {
    const misspelt = { pingTimout: 5 } as object;
    const message = 'Option "pingTimout" does not exist: use "pingTimeout".';
    expect(() => new Server(misspelt)).toThrow(message);
    expect(() => new Server(createServer(), misspelt)).toThrow(message);
    expect(() => new Server().listen(0, misspelt)).toThrow(message);
    expect(() => new Server().attach(createServer(), misspelt)).toThrow(message);
    expect(() => new Server().engine.attach(createServer(), misspelt)).toThrow(message);
    expect(() => attach(createServer(), misspelt)).toThrow(message);
    expect(() => listen(0, misspelt)).toThrow(message);
  });
});

describe('every option of the server', () => {
  walkOptions(join(join(engineTable, serverTable), wiresTable), (given) => readServerOptions(given, wiresTable));
});
