/** A STOMP frame, and how it is written. STOMP 1.2, "STOMP Frames". */
import { type Bytes, utf8Size } from '../../base/bytes.js';
import { escapeHeader } from './escape.js';
import type { StompVersion } from './version.js';

/** The commands by which a client begins. */
export const CONNECT_COMMANDS: ReadonlySet<string> = new Set(['CONNECT', 'STOMP']);

/** The commands of clients. */
export const CLIENT_COMMANDS: ReadonlySet<string> = new Set([
  'CONNECT',
  'STOMP',
  'SEND',
  'SUBSCRIBE',
  'UNSUBSCRIBE',
  'ACK',
  'NACK',
  'BEGIN',
  'COMMIT',
  'ABORT',
  'DISCONNECT',
]);

/** The commands of servers. */
export const SERVER_COMMANDS: ReadonlySet<string> = new Set(['CONNECTED', 'MESSAGE', 'RECEIPT', 'ERROR']);

/** The commands whose frames may have a body. */
export const BODY_COMMANDS: ReadonlySet<string> = new Set(['SEND', 'MESSAGE', 'ERROR']);

/** The commands whose headers are written as they are, because no version is agreed on yet. */
export const UNESCAPED_COMMANDS: ReadonlySet<string> = new Set(['CONNECT', 'STOMP', 'CONNECTED']);

/** The longest command: a line that is longer is no command. */
export const COMMAND_SIZE_MAX = 'UNSUBSCRIBE'.length;

/** Headers by name; of a repeated one the first stands. */
export type StompHeaders = ReadonlyMap<string, string>;

/** A frame that was read. */
export interface StompFrame {
  readonly command: string;
  readonly headers: StompHeaders;
  /** The body; empty when there is none. The reader may keep it. */
  readonly body: Bytes;
}

/** Headers to write, in their order. */
export type HeaderEntries = Iterable<readonly [name: string, value: string]>;

/** One header as a line, escaped. */
export function encodeHeader(name: string, value: string, version: StompVersion): string {
  return `${escapeHeader(name, version)}:${escapeHeader(value, version)}\n`;
}

/** The head of a frame up to its body: the command, the headers, and an empty line. */
export function encodeHead(command: string, headers: HeaderEntries, version: StompVersion): string {
  const how = UNESCAPED_COMMANDS.has(command) ? '1.0' : version;
  let head = `${command}\n`;
  for (const [name, value] of headers) head += encodeHeader(name, value, how);
  return `${head}\n`;
}

/** A frame without a body. */
export function encodeFrame(command: string, headers: HeaderEntries, version: StompVersion): string {
  return `${encodeHead(command, headers, version)}\0`;
}

/** A frame with a body of text, whose size is said in `content-length`. */
export function encodeTextFrame(command: string, headers: HeaderEntries, body: string, version: StompVersion): string {
  const head = encodeHead(command, [...headers, ['content-length', String(utf8Size(body))]], version);
  return `${head}${body}\0`;
}
