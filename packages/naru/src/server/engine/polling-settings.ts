/** Derives the settings of long-polling and HTTP streaming from an engine's options. */
import { waitsOf } from '../../base/deadlines.js';
import type { NodeInternals } from '../../node-internals/node-internals.js';
import type { EngineRequest } from '../../session/handshake-request.js';
import type { ClosingStreams } from '../../transport/closing-streams.js';
import type { PollingSettings } from '../../transport/polling/settings.js';
import type { EngineSettings } from '../options/engine-options.js';
import type { ResponseHeaders } from './response-headers.js';

/** Returns the settings. `headers` adds to the headers of each response. */
export function pollingSettingsOf(
  opts: EngineSettings,
  nodeInternals: NodeInternals,
  headers: Pick<ResponseHeaders, 'add'>,
  closing: ClosingStreams,
): PollingSettings {
  return {
    bodyBytesMax: opts.maxHttpBufferSize,
    packetsMax: opts.packetsPerPayloadMax,
    bufferedBytesMax: opts.bufferedBytesMax,
    bodyDeadlines: waitsOf(opts.clock, opts.bodyTimeout),
    closeDeadlines: waitsOf(opts.clock, opts.closeTimeout),
    closing,
    compressionThreshold: opts.httpCompression?.threshold ?? Number.POSITIVE_INFINITY,
    clock: opts.clock,
    nodeInternals,
    addHeaders: (fields, request, newId) => headers.add(fields, request as EngineRequest, newId),
  };
}
