import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/base/errors.js';
import { attachSettingsOf, refuseLateOptions } from '../../../src/server/api/late-options.js';
import { type EngineOptions, readEngineOptions } from '../../../src/server/options/engine-options.js';

function change(before: EngineOptions, given: EngineOptions): () => void {
  const settings = readEngineOptions({ ...before, ...given });
  return () => refuseLateOptions(Object.keys(given), settings, readEngineOptions(before));
}

describe('refuseLateOptions', () => {
  it.each<[EngineOptions, EngineOptions]>([
    [{}, { pingInterval: 1_000 }],
    [{}, { cors: '*' }],
    [{ transports: ['websocket'] }, { transports: ['websocket', 'polling'] }],
  ])('refuses to change an engine with %j by %j', (before, given) => {
    expect(change(before, given)).toThrow(ConfigError);
  });

  it.each<[EngineOptions, EngineOptions]>([
    [{ transports: ['websocket'] }, { transports: ['websocket'] }],
    [{ cors: { origin: 'https://a.b' } }, { cors: { origin: 'https://a.b' } }],
    [{}, { pingInterval: 25_000 }],
    [{}, { path: '/x', addTrailingSlash: false, destroyUpgrade: false, destroyUpgradeTimeout: 5 }],
  ])('accepts for an engine with %j the options %j', (before, given) => {
    expect(change(before, given)).not.toThrow();
  });

  it('leaves options of the server alone', () => {
    const settings = readEngineOptions();
    expect(() => refuseLateOptions(['serveClient', 'connectTimeout', 'constructor'], settings, settings)).not.toThrow();
  });
});

describe('attachSettingsOf', () => {
  it('returns what an engine takes with each HTTP server', () => {
    expect(attachSettingsOf(readEngineOptions({ path: '/x', destroyUpgrade: false, pingInterval: 5 }))).toEqual({
      path: '/x',
      addTrailingSlash: true,
      destroyUpgrade: false,
      destroyUpgradeTimeout: 1_000,
    });
  });
});
