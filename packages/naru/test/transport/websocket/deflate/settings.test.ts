import { describe, expect, it } from 'vitest';
import { readOptions } from '../../../../src/base/options/table.js';
import {
  type DeflateOptions,
  deflateSettings,
  deflateTable,
} from '../../../../src/transport/websocket/deflate/settings.js';
import { walkOptions } from '../../../base/options/walk.js';

const settingsOf = (options: DeflateOptions) => deflateSettings(readOptions(deflateTable, options));

describe('deflateSettings', () => {
  it('has the defaults of Socket.IO, and keeps given values', () => {
    expect(settingsOf({})).toMatchObject({
      thresholdBytes: 1024,
      wish: {
        serverNoContextTakeover: false,
        clientNoContextTakeover: false,
        serverMaxWindowBits: 15,
        clientMaxWindowBits: 15,
      },
    });
    expect(settingsOf({ threshold: 0, serverMaxWindowBits: 9, clientMaxWindowBits: true })).toMatchObject({
      thresholdBytes: 0,
      wish: { serverMaxWindowBits: 9, clientMaxWindowBits: 15 },
    });
  });

  it('accepts the example in the documentation of ws', () => {
    const { wish } = settingsOf({
      zlibDeflateOptions: { chunkSize: 1024, memLevel: 7, level: 3 },
      zlibInflateOptions: { chunkSize: 10 * 1024 },
      clientNoContextTakeover: true,
      serverNoContextTakeover: true,
      serverMaxWindowBits: 10,
      concurrencyLimit: 10,
      threshold: 1024,
    });
    expect(wish).toEqual({
      clientNoContextTakeover: true,
      serverNoContextTakeover: true,
      serverMaxWindowBits: 10,
      clientMaxWindowBits: 15,
    });
  });

  walkOptions(deflateTable, settingsOf);
});
