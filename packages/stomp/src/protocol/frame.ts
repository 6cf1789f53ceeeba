/** STOMP frames and their encoding. STOMP 1.2, "STOMP Frames". */
import { type Bytes, utf8Size } from 'naru/base';
import { escapeHeader } from './escape.js';
import type { StompVersion } from './version.js';

/** The commands that begin a connection. */
export const CONNECT_COMMANDS: ReadonlySet<string> = new Set(['CONNECT', 'STOMP']);

/** The commands that clients send. */
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

/** The commands that servers send. */
export const SERVER_COMMANDS: ReadonlySet<string> = new Set(['CONNECTED', 'MESSAGE', 'RECEIPT', 'ERROR']);

/** The commands whose frames may have a body. */
export const BODY_COMMANDS: ReadonlySet<string> = new Set(['SEND', 'MESSAGE', 'ERROR']);

/** The commands whose headers are not escaped, because both ends have not agreed on a version yet. */
export const UNESCAPED_COMMANDS: ReadonlySet<string> = new Set(['CONNECT', 'STOMP', 'CONNECTED']);

/** The length of the longest client command in bytes. A longer line is invalid. */
export const COMMAND_SIZE_MAX = 'UNSUBSCRIBE'.length;

/** Headers by name. The first of repeated headers counts. */
export type StompHeaders = ReadonlyMap<string, string>;

/** A decoded frame. */
export interface StompFrame {
  readonly command: string;
  readonly headers: StompHeaders;
  /** The body, empty if the frame has none. The receiver may keep it. */
  readonly body: Bytes;
}

/** Returns the bytes of a body and the characters of its headers. */
export function sizeOfFrame({ headers, body }: StompFrame): number {
  let size = body.byteLength;
  for (const [name, value] of headers) size += name.length + value.length;
  return size;
}

/** Headers to write, in their order. */
export type HeaderEntries = Iterable<readonly [name: string, value: string]>;

/** Encodes one header as an escaped line. */
export function encodeHeader(name: string, value: string, version: StompVersion): string {
  return `${escapeHeader(name, version)}:${escapeHeader(value, version)}\n`;
}

/** Encodes the head of a frame: the command, the headers, and an empty line. */
export function encodeHead(command: string, headers: HeaderEntries, version: StompVersion): string {
  const how = UNESCAPED_COMMANDS.has(command) ? '1.0' : version;
  let head = `${command}\n`;
  for (const [name, value] of headers) head += encodeHeader(name, value, how);
  return `${head}\n`;
}

/** Encodes a frame without a body. */
export function encodeFrame(command: string, headers: HeaderEntries, version: StompVersion): string {
  return `${encodeHead(command, headers, version)}\0`;
}

/** Encodes a frame with a text body and adds its `content-length`. */
export function encodeTextFrame(command: string, headers: HeaderEntries, body: string, version: StompVersion): string {
  const head = encodeHead(command, [...headers, ['content-length', String(utf8Size(body))]], version);
  return `${head}${body}\0`;
}
