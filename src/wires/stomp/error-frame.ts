/** The last frame of a connection: what went wrong, for a program in the headers and for a person in the body. STOMP 1.2, "ERROR". */

import { encodeValue } from '../../protocol/json-event/message.js';
import { encodeTextFrame } from '../../protocol/stomp/frame.js';
import type { StompVersion } from '../../protocol/stomp/version.js';

/** What an ERROR says. */
export interface ErrorDetails {
  readonly message: string;
  /** What kind of error it is, where it has a name. */
  readonly code?: string;
  /** The header `receipt` of the frame that is to blame. */
  readonly receipt?: string | undefined;
  /** What the application gave with its refusal. */
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

/** As Socket.IO writes an error: its message and its data. */
function encodeData(message: string, data: unknown): string {
  try {
    return encodeValue({ message, data });
  } catch {
    // The data cannot be written, which is no reason to keep the message back.
    return encodeValue({ message });
  }
}
