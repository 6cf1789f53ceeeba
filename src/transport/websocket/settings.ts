/** The settings that many connections share: declared, checked and frozen once. */
import { isUtf8 } from 'node:buffer';
import { type Clock, systemClock } from '../../base/clock.js';
import { type Random, systemRandom } from '../../base/id.js';
import type { DecoderRules } from '../../protocol/websocket/header.js';
import type { ClosingStreams } from '../closing-streams.js';
import { checkInteger, type DeflateOptions, type DeflateSettings, deflateSettings } from './deflate/settings.js';
import { WriteTurn } from './write-turn.js';

/** What can be set for WebSocket connections. */
export interface WebSocketOptions {
  /** The most bytes of a message, after decompression; beyond it the connection closes with 1009. 0 or more. @default 1048576 */
  messageBytesMax?: number;
  /** The most frames of one message; beyond it the connection closes with 1008. 1 or more. @default 131072 */
  fragmentsMax?: number;
  /**
   * The most bytes that may wait for a peer that does not read; a send beyond it destroys the connection (1006, UnavailableError).
   * A single message may be larger. 0 or more. @default 67108864
   */
  bufferedBytesMax?: number;
  /** Time for the peer's part of the close handshake, in milliseconds; then the socket is destroyed. @default 30000 */
  closeTimeoutMs?: number;
  /** Whether what is sent in one turn of the event loop goes out as one write at its end; else each send writes at once. @default false */
  coalesce?: boolean;
  /** Whether to agree to compression (RFC 7692), and how. It costs memory and time for each message. @default false */
  perMessageDeflate?: boolean | DeflateOptions;
  /** Told of the connections that wait for their peer's part of the close. @default none */
  closing?: ClosingStreams;
  /** Where time comes from. @default systemClock */
  clock?: Clock;
  /** Where masking keys come from. @default systemRandom */
  random?: Random;
}

/** Checked settings; made by `webSocketSettings`. One frozen object serves every connection. */
export interface WebSocketSettings {
  readonly messageBytesMax: number;
  readonly fragmentsMax: number;
  readonly bufferedBytesMax: number;
  readonly closeTimeoutMs: number;
  readonly closing: ClosingStreams | undefined;
  readonly clock: Clock;
  readonly random: Random;
  /** Collects the writes of a turn; `undefined` when each send writes at once. */
  readonly turn: WriteTurn | undefined;
  /** How to compress; `undefined` when compression is off. */
  readonly deflate: DeflateSettings | undefined;
  /** What the decoder of a server accepts, without and with compression, and that of a client. */
  readonly rules: { readonly server: RulesPair; readonly client: RulesPair };
}

/** The rules for connections without and with permessage-deflate. */
export interface RulesPair {
  readonly plain: DecoderRules;
  readonly deflate: DecoderRules;
}

/** Checks options and fills in the defaults. Throws a ConfigError that names the option. */
export function webSocketSettings(options: WebSocketOptions = {}): WebSocketSettings {
  const { closeTimeoutMs = 30_000, clock = systemClock, random = systemRandom, coalesce = false } = options;
  const { messageBytesMax = 1_048_576, fragmentsMax = 131_072, bufferedBytesMax = 67_108_864 } = options;
  checkInteger('messageBytesMax', messageBytesMax, 0);
  checkInteger('fragmentsMax', fragmentsMax, 1);
  checkInteger('bufferedBytesMax', bufferedBytesMax, 0);
  checkInteger('closeTimeoutMs', closeTimeoutMs, 0);
  const rulesOf = (isMasked: boolean, allowCompressed: boolean): DecoderRules =>
    Object.freeze({ isMasked, allowCompressed, messageBytesMax, fragmentsMax, isUtf8 });
  const pairOf = (isMasked: boolean): RulesPair =>
    Object.freeze({ plain: rulesOf(isMasked, false), deflate: rulesOf(isMasked, true) });
  return Object.freeze({
    messageBytesMax,
    fragmentsMax,
    bufferedBytesMax,
    closeTimeoutMs,
    closing: options.closing,
    clock,
    random,
    deflate: deflateSettings(options.perMessageDeflate ?? false),
    turn: coalesce ? new WriteTurn(clock) : undefined,
    rules: Object.freeze({ server: pairOf(true), client: pairOf(false) }),
  });
}
