/** The options of WebSocket connections. They are checked and frozen once, and then shared by many connections. */
import { isUtf8 } from 'node:buffer';
import { type Clock, systemClock } from '../../base/clock.js';
import { type Random, systemRandom } from '../../base/id.js';
import { bytes, count, flag, milliseconds, objectWith, switched } from '../../base/options/kinds.js';
import { type OptionsOf, type OptionTable, options, readOptions, type SettingsOf } from '../../base/options/table.js';
import { PLAIN } from '../../node-internals/choose.js';
import type { NodeInternals } from '../../node-internals/node-internals.js';
import type { DecoderRules } from '../../protocol/websocket/header.js';
import type { ClosingStreams } from '../closing-streams.js';
import { type DeflateOptions, type DeflateSettings, deflateSettings, deflateTable } from './deflate/settings.js';
import { WriteTurn } from './write-turn.js';

/** The table of options that every WebSocket has. */
export const webSocketTable = options('', {
  /**
   * The most bytes of a message, after decompression. A larger one closes the connection with 1009. @default 1048576
   * (whole number of bytes, 0 or more)
   */
  messageBytesMax: bytes(1_048_576, { min: 0 }),
  /** The most frames of one message. A message with more closes the connection with 1008. @default 131072 */
  fragmentsMax: count(131_072),
  /**
   * The most bytes that may wait for a slow peer. If more wait, the next send destroys the connection (1006,
   * UnavailableError). A single message may be larger. @default 67108864 (whole number of bytes, 0 or more)
   */
  bufferedBytesMax: bytes(67_108_864, { min: 0 }),
  /**
   * Time for the peer to finish the close handshake. Then the socket is destroyed. @default 30000 (number of
   * milliseconds, 0 or more)
   */
  closeTimeoutMs: milliseconds(30_000, { min: 0 }),
  /**
   * Whether all sends of one turn of the event loop become one write at its end. Otherwise each send writes at
   * once. @default false
   */
  coalesce: flag(false),
  /** Compression (RFC 7692). It costs memory and time for each message. */
  perMessageDeflate: switched<DeflateOptions, typeof deflateTable>(deflateTable, false),
  /** The source of time. @default systemClock */
  clock: objectWith<Clock, Clock>('a clock, such as a FakeClock', ['now', 'setTimeout'], systemClock),
  /** The source of masking keys. @default systemRandom */
  random: objectWith<Random, Random>('a source such as a SeededRandom', ['bytes'], systemRandom),
});

/** Options of WebSocket connections. */
export interface WebSocketOptions extends OptionsOf<typeof webSocketTable> {}

/** Checked settings, which `webSocketSettings` creates. One frozen object serves many connections. */
export interface WebSocketSettings extends Omit<SettingsOf<typeof webSocketTable>, 'coalesce' | 'perMessageDeflate'> {
  /** The registry of connections that wait for their peer to close. */
  readonly closing: ClosingStreams | undefined;
  /** Collects the writes of a turn; `undefined` if each send writes at once. */
  readonly turn: WriteTurn | undefined;
  /** The settings of compression; `undefined` if it is off. */
  readonly deflate: DeflateSettings | undefined;
  /** Lets connections read into shared memory. */
  readonly readShared: NodeInternals['readShared'];
  /** The rules of the decoders of a server and of a client. */
  readonly rules: { readonly server: RulesPair; readonly client: RulesPair };
}

/** The rules for connections without and with permessage-deflate. */
export interface RulesPair {
  readonly plain: DecoderRules;
  readonly deflate: DecoderRules;
}

/**
 * Checks options and fills in the defaults. Throws a ConfigError that names the option. Callers with further options
 * pass their own `table`. `closing` tracks the connections that wait for their peer to close. `limitName` is their name
 * of the limit of a message.
 */
export function webSocketSettings(
  given: WebSocketOptions = {},
  table: OptionTable<typeof webSocketTable.entries> = webSocketTable,
  closing?: ClosingStreams,
  { readShared }: NodeInternals = PLAIN,
  limitName?: string,
): WebSocketSettings {
  const { coalesce, perMessageDeflate, ...kept } = readOptions(table, given);
  const { messageBytesMax, fragmentsMax } = kept;
  const rulesOf = (isMasked: boolean, allowCompressed: boolean): DecoderRules =>
    Object.freeze({ isMasked, allowCompressed, messageBytesMax, limitName, fragmentsMax, isUtf8 });
  const pairOf = (isMasked: boolean): RulesPair =>
    Object.freeze({ plain: rulesOf(isMasked, false), deflate: rulesOf(isMasked, true) });
  return Object.freeze({
    ...kept,
    closing,
    readShared,
    deflate: perMessageDeflate && deflateSettings(perMessageDeflate),
    turn: coalesce ? new WriteTurn(kept.clock) : undefined,
    rules: Object.freeze({ server: pairOf(true), client: pairOf(false) }),
  });
}

/** Whether the value of an option is a list of names, such as those of subprotocols. */
export function isNames(given: unknown): boolean {
  return Array.isArray(given) && given.every((name) => typeof name === 'string');
}
