import { describe, expect, it } from 'vitest';
import { webSocketSettings, webSocketTable } from '../../../src/transport/websocket/settings.js';
import { walkOptions } from '../../base/options/walk.js';

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

  it('compresses if configured', () => {
    expect(webSocketSettings({ perMessageDeflate: true }).deflate?.thresholdBytes).toBe(1_024);
    expect(webSocketSettings({ perMessageDeflate: { threshold: 5 } }).deflate?.thresholdBytes).toBe(5);
    expect(webSocketSettings({ perMessageDeflate: false }).deflate).toBeUndefined();
  });

  walkOptions(webSocketTable, (given) => webSocketSettings(given));
});
