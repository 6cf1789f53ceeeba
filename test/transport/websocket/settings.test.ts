import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/base/errors.js';
import { type WebSocketOptions, webSocketSettings } from '../../../src/transport/websocket/settings.js';

describe('webSocketSettings', () => {
  it('fills in the documented defaults and freezes the result', () => {
    const settings = webSocketSettings();
    expect(settings).toMatchObject({ messageBytesMax: 1_048_576, fragmentsMax: 131_072, closeTimeoutMs: 30_000 });
    expect([settings.deflate, settings.turn]).toEqual([undefined, undefined]);
    expect(Object.isFrozen(settings) && Object.isFrozen(settings.rules.server.plain)).toBe(true);
  });

  it('has rules for each role, with and without compression', () => {
    const { server, client } = webSocketSettings({ messageBytesMax: 5 }).rules;
    expect(server.plain).toMatchObject({ isMasked: true, allowCompressed: false, messageBytesMax: 5 });
    expect(client.deflate).toMatchObject({ isMasked: false, allowCompressed: true, messageBytesMax: 5 });
  });

  it.each([
    { messageBytesMax: -1 },
    { messageBytesMax: 1.5 },
    { messageBytesMax: Number.NaN },
    { fragmentsMax: 0 },
    { closeTimeoutMs: -5 },
    { messageBytesMax: '5' as unknown as number },
  ] satisfies WebSocketOptions[])('names the option that is out of range: %o', (options) => {
    expect(() => webSocketSettings(options)).toThrow(ConfigError);
    expect(() => webSocketSettings(options)).toThrow(`option "${Object.keys(options)[0]}"`);
  });
});
