import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.js';
import { nodeInternalsFor } from '../../../src/node-internals/choose.js';
import { pollingSettingsOf } from '../../../src/server/engine/polling-settings.js';
import { readEngineOptions } from '../../../src/server/options/engine-options.js';
import { ClosingStreams } from '../../../src/transport/closing-streams.js';

const NO_HEADERS = { add: () => undefined };
const CLOSING = new ClosingStreams(systemClock);

describe('pollingSettingsOf', () => {
  it('takes the limits from the options', () => {
    const opts = readEngineOptions({
      maxHttpBufferSize: 7,
      bodyTimeout: 8,
      closeTimeout: 9,
      packetsPerPayloadMax: 10,
      bufferedBytesMax: 11,
    });
    expect(pollingSettingsOf(opts, nodeInternalsFor(true), NO_HEADERS, CLOSING)).toMatchObject({
      bodyBytesMax: 7,
      bodyDeadlines: { durationMs: 8 },
      closeDeadlines: { durationMs: 9 },
      packetsMax: 10,
      bufferedBytesMax: 11,
      clock: opts.clock,
    });
  });

  it('compresses from 1 KiB, from a configured size, or never', () => {
    const thresholdOf = (httpCompression: boolean | { threshold?: number }) =>
      pollingSettingsOf(readEngineOptions({ httpCompression }), nodeInternalsFor(true), NO_HEADERS, CLOSING)
        .compressionThreshold;
    expect(thresholdOf(true)).toBe(1024);
    expect(thresholdOf({ threshold: 5 })).toBe(5);
    expect(thresholdOf(false)).toBe(Number.POSITIVE_INFINITY);
  });
});
