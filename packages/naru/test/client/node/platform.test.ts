import { expect, test } from 'vitest';
import { nodePlatform } from '../../../src/client/node/platform.js';

test('gives a session a cookie jar only with withCredentials', () => {
  const [with_, without] = [{ withCredentials: true }, {}] as Record<string, unknown>[];
  for (const options of [with_, without]) if (options) nodePlatform.prepare?.(options);
  expect([with_?.cookies !== undefined, without?.cookies, without?.payloadBytesMax]).toEqual([
    true,
    undefined,
    104_857_600,
  ]);
});

test('keeps the limit that the user set', () => {
  const options = { payloadBytesMax: 5 };
  nodePlatform.prepare?.(options);
  expect(options.payloadBytesMax).toBe(5);
});
