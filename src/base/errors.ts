/** The error families of Naru and the one registry of their codes. */

/** Codes of ProtocolError: the peer broke a rule of a wire. */
export type ProtocolErrorCode =
  // RFC 6455 and RFC 7692
  | 'WS_BAD_HANDSHAKE'
  | 'WS_BAD_FRAME'
  | 'WS_BAD_UTF8'
  | 'WS_BAD_CLOSE_CODE'
  | 'WS_MESSAGE_TOO_BIG'
  | 'WS_TOO_MANY_FRAGMENTS'
  | 'WS_BAD_DEFLATE'
  | 'WS_ABNORMAL_CLOSE'
  // Engine.IO
  | 'EIO_BAD_PACKET'
  | 'EIO_BAD_PAYLOAD'
  | 'EIO_PAYLOAD_TOO_BIG'
  | 'EIO_TOO_MANY_PACKETS'
  | 'EIO_BAD_REQUEST'
  // Socket.IO
  | 'SIO_BAD_PACKET'
  | 'SIO_BAD_ATTACHMENTS'
  | 'SIO_TOO_MANY_ATTACHMENTS'
  | 'SIO_TOO_DEEP'
  // Plain wires
  | 'PLAIN_BAD_INPUT'
  // Records and lines on byte streams
  | 'RECORD_TOO_BIG'
  | 'RECORD_BAD_UTF8'
  | 'LINE_TOO_LONG'
  | 'LINE_BAD'
  | 'LINE_IS_HTTP'
  | 'LINE_IS_PREFACE'
  // text/event-stream
  | 'ES_EVENT_TOO_BIG'
  // Plain events over HTTP
  | 'EVENTS_BAD_REQUEST'
  // The JSON of one event, on plain wires
  | 'JSON_BAD_TEXT'
  | 'JSON_BAD_EVENT'
  | 'JSON_TOO_DEEP'
  // STOMP
  | 'STOMP_BAD_FRAME'
  | 'STOMP_TOO_BIG'
  | 'STOMP_BAD_REQUEST'
  | 'STOMP_REFUSED'
  // Links between processes
  | 'LINK_BAD_FRAME';

/** Codes of ConfigError: the caller broke a rule of the API. */
export type ConfigErrorCode = 'BAD_OPTION' | 'BAD_ARGUMENT' | 'RESERVED_EVENT' | 'NOT_ENCODABLE' | 'WRONG_STATE';

/** Codes of UnavailableError: something outside failed, such as a network, a disk or another node. */
export type UnavailableErrorCode =
  | 'TIMEOUT'
  | 'CONNECT_FAILED'
  | 'DISCONNECTED'
  | 'ADDRESS_IN_USE'
  | 'IO_FAILED'
  | 'CLOSED'
  | 'ABORTED'
  | 'NO_DESCRIPTORS'
  | 'REFUSED'
  | 'BUFFER_FULL'
  | 'NOT_KEPT';

/** An error with a code, and with a `cause` if one is given. */
class CodedError<Code extends string> extends Error {
  readonly code: Code;
  constructor(code: Code, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** The peer broke a rule of a wire. Only its own session closes. */
export class ProtocolError extends CodedError<ProtocolErrorCode> {
  override readonly name = 'ProtocolError';
}

/** The caller broke a rule of the API. The error is thrown at once and names the option or argument, the value and the fix. */
export class ConfigError extends CodedError<ConfigErrorCode> {
  override readonly name = 'ConfigError';
}

/** Something outside Naru failed. The error has a `cause` if one is known, and goes to the code that waits for the result. */
export class UnavailableError extends CodedError<UnavailableErrorCode> {
  override readonly name = 'UnavailableError';
}

/** An invariant of Naru itself is broken, which is a defect to report. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/**
 * Describes an untrusted value for a message: the beginning of a text, or the type of anything else, because converting an object to text
 * may throw.
 */
export function shown(value: unknown): string {
  return typeof value === 'string' ? `"${value.slice(0, 50)}"` : typeof value;
}
