/**
 * Writes ERROR, the last frame of a connection: its headers are for programs, and its body is for people. STOMP 1.2,
 * "ERROR".
 */

import { encodeValue } from 'naru/protocol';
import { encodeTextFrame } from './protocol/frame.js';
import type { StompVersion } from './protocol/version.js';

/** The content of an ERROR. */
export interface ErrorDetails {
  readonly message: string;
  /** The code of the error, if it has one. */
  readonly code?: string;
  /** The header `receipt` of the frame that caused the error. */
  readonly receipt?: string | undefined;
  /** Details of a refusal from the application. */
  readonly data?: unknown;
  readonly headers?: readonly (readonly [name: string, value: string])[];
}

/** Writes the frame. */
export function encodeError(
  { message, code, receipt, data, headers = [] }: ErrorDetails,
  version: StompVersion,
): string {
  const all: (readonly [string, string])[] = [['message', message], ...headers];
  if (code !== undefined) all.push(['code', code]);
  if (receipt !== undefined) all.push(['receipt-id', receipt]);
  if (data !== undefined) {
    all.push(['content-type', 'application/json']);
    return encodeTextFrame('ERROR', all, encodeData(message, data), version);
  }
  all.push(['content-type', 'text/plain']);
  const sentence = /[.!?]$/.test(message) ? message : `${message}.`;
  const about = receipt === undefined ? '' : ` This is about the frame with the receipt ${receipt}.`;
  return encodeTextFrame('ERROR', all, `${sentence}${about} The connection is closed.\n`, version);
}

/** Encodes an error as Socket.IO does: its message and its data. */
function encodeData(message: string, data: unknown): string {
  try {
    return encodeValue({ message, data });
  } catch {
    // JSON cannot hold the data, but the client should still get the message.
    return encodeValue({ message });
  }
}
