/** The options of `tcp://`, `tls://` and `unix:` endpoints. */
import type { TlsOptions } from 'node:tls';
import { bytes, flag, milliseconds, objectWith, text } from '../../base/options/kinds.js';
import { type OptionsOf, options } from '../../base/options/table.js';

/** The table of `tcp`. */
export const tcpTable = options('tcp', {
  /** Keys and certificates of `tls://`, as node:tls takes them. @default none: `tls://` needs them */
  tls: objectWith<TlsOptions>('an object of options of node:tls', []),
  /** Whether programs may connect, with the preface `NARU1` and records after it. @default true */
  records: flag(true),
  /** Whether people may connect. A stream that does not begin with the preface counts as a person. @default true */
  lines: flag(true),
  /** Silence after which the server takes a client for a person and greets it. @default 250 */
  greetAfter: milliseconds(250),
  /** Time from the first byte of the preface to its last. A slower client is disconnected. @default 5000 */
  prefaceTimeout: milliseconds(5_000),
  /**
   * Bytes of one line without its end. Beyond that, the client gets an error line and is disconnected.
   * @default 65536 (whole number of bytes, 16 or more)
   */
  lineBytesMax: bytes(65_536, { min: 16 }),
  /** Event that a line of plain text becomes. @default "message" */
  textEvent: text('message'),
});

/** Options of byte streams, on which programs send records and people send lines. */
export interface TcpOptions extends OptionsOf<typeof tcpTable> {}
