import { describe, expect, it } from 'vitest';
import {
  checkInteger,
  type DeflateOptions,
  deflateSettings,
} from '../../../../src/transport/websocket/deflate/settings.js';

describe('deflateSettings', () => {
  it('is off, on with the defaults, or on with options', () => {
    expect(deflateSettings(false)).toBeUndefined();
    expect(deflateSettings(true)).toMatchObject({
      thresholdBytes: 1024,
      wish: {
        serverNoContextTakeover: false,
        clientNoContextTakeover: false,
        serverMaxWindowBits: 15,
        clientMaxWindowBits: 15,
      },
    });
    const settings = deflateSettings({ threshold: 0, serverMaxWindowBits: 9, clientMaxWindowBits: true });
    expect(settings).toMatchObject({ thresholdBytes: 0, wish: { serverMaxWindowBits: 9, clientMaxWindowBits: 15 } });
  });

  it('takes what the documentation of ws shows', () => {
    const settings = deflateSettings({
      zlibDeflateOptions: { chunkSize: 1024, memLevel: 7, level: 3 },
      zlibInflateOptions: { chunkSize: 10 * 1024 },
      clientNoContextTakeover: true,
      serverNoContextTakeover: true,
      serverMaxWindowBits: 10,
      concurrencyLimit: 10,
      threshold: 1024,
    });
    expect(settings?.wish).toMatchObject({ clientNoContextTakeover: true, serverMaxWindowBits: 10 });
  });

  it.each([
    ['threshold', { threshold: -1 }],
    ['concurrencyLimit', { concurrencyLimit: 0 }],
    ['serverMaxWindowBits', { serverMaxWindowBits: 7 }],
    ['clientMaxWindowBits', { clientMaxWindowBits: 16 }],
    ['zlibDeflateOptions.level', { zlibDeflateOptions: { level: 10 } }],
    ['zlibDeflateOptions.memLevel', { zlibDeflateOptions: { memLevel: 0 } }],
    ['zlibDeflateOptions.strategy', { zlibDeflateOptions: { strategy: 5 } }],
    ['zlibDeflateOptions.chunkSize', { zlibDeflateOptions: { chunkSize: 63 } }],
    ['zlibInflateOptions.chunkSize', { zlibInflateOptions: { chunkSize: 0 } }],
  ] satisfies [string, DeflateOptions][])('names %s when it is out of range', (name, options) => {
    expect(() => deflateSettings(options)).toThrow(`option "${name}"`);
  });
});

describe('checkInteger', () => {
  it('takes whole numbers in range, and Infinity where there is no upper end', () => {
    checkInteger('x', 0, 0);
    checkInteger('x', Number.POSITIVE_INFINITY, 0);
    expect(() => checkInteger('x', Number.POSITIVE_INFINITY, 0, 9)).toThrow('from 0 to 9');
    expect(() => checkInteger('x', 0.5, 0)).toThrow('of 0 or more');
  });
});
