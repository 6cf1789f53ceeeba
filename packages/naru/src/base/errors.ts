/** The error families of Naru and the one registry of their codes. */

/** Codes of ProtocolError: the peer broke a rule of a wire. */
export type ProtocolErrorCode =
  // RFC 6455 and RFC 7692
  /**
   * The request or the answer does not open a WebSocket by RFC 6455.
   * @fix Check the address, and that no proxy changes the headers of the upgrade.
   */
  | 'WS_BAD_HANDSHAKE'
  /**
   * A frame breaks a rule of RFC 6455.
   * @fix Mend or update the program at the other end. A proxy that does not know WebSocket does the same.
   */
  | 'WS_BAD_FRAME'
  /** A text message is not UTF-8. @fix Send bytes as a binary message. */
  | 'WS_BAD_UTF8'
  /** A close frame has a code that RFC 6455 reserves. @fix Close with 1000, or with a code from 3000 to 4999. */
  | 'WS_BAD_CLOSE_CODE'
  /**
   * A message has more bytes than the receiver takes.
   * @fix Send less at once, or raise the option that the message names.
   */
  | 'WS_MESSAGE_TOO_BIG'
  /** A message comes in more frames than the receiver takes. @fix Send larger frames. */
  | 'WS_TOO_MANY_FRAGMENTS'
  /**
   * A compressed message cannot be decompressed.
   * @fix Mend or update the program at the other end, or turn compression off.
   */
  | 'WS_BAD_DEFLATE'
  /**
   * The connection ended without a close frame.
   * @fix Look for a crash at the other end, or a proxy that cuts connections.
   */
  | 'WS_ABNORMAL_CLOSE'
  // Engine.IO
  /**
   * The peer sent something that is not a packet of Engine.IO.
   * @fix Check that both ends speak the same version. The option `allowEIO3` admits clients of version 2.
   */
  | 'EIO_BAD_PACKET'
  /**
   * The body of a request, or a datagram, is not a list of packets.
   * @fix Check that both ends speak the same version, and that no proxy changes bodies.
   */
  | 'EIO_BAD_PAYLOAD'
  /**
   * The body of a request has more bytes than the server takes.
   * @fix Send less at once, or raise `maxHttpBufferSize`.
   */
  | 'EIO_PAYLOAD_TOO_BIG'
  /** The body of a request has more packets than the server takes. @fix Send fewer packets in a request. */
  | 'EIO_TOO_MANY_PACKETS'
  /**
   * A request does not fit the session, such as a second poll at the same time.
   * @fix Let one client use a session, and send its requests one after the other.
   */
  | 'EIO_BAD_REQUEST'
  // Socket.IO
  /**
   * The peer sent something that is not a packet of Socket.IO, or not at this time.
   * @fix Check that both ends speak the same version and use the same parser.
   */
  | 'SIO_BAD_PACKET'
  /**
   * The attachments of a packet are not those that it announces.
   * @fix Check that both ends use the same parser, and that nothing else writes on the connection.
   */
  | 'SIO_BAD_ATTACHMENTS'
  /**
   * A packet has more attachments, or more bytes in them, than the receiver takes.
   * @fix Send the data in fewer pieces, or in several events.
   */
  | 'SIO_TOO_MANY_ATTACHMENTS'
  /** The data of a packet has too many levels. @fix Send data with fewer objects inside of each other. */
  | 'SIO_TOO_DEEP'
  // Plain wires
  /**
   * A client without Socket.IO sent an event too early, or with a reserved name.
   * @fix Join a namespace first, and choose another name.
   */
  | 'PLAIN_BAD_INPUT'
  // Records and lines on byte streams
  /** A record has more bytes than the receiver takes. @fix Send less at once, or raise `maxHttpBufferSize`. */
  | 'RECORD_TOO_BIG'
  /** A text record is not UTF-8. @fix Send bytes as a binary record. */
  | 'RECORD_BAD_UTF8'
  /** A line has more bytes than the server takes. @fix Send a shorter line, or use records. */
  | 'LINE_TOO_LONG'
  /** A line is not a command. @fix Send the line `help`. It lists the commands. */
  | 'LINE_BAD'
  /** An HTTP request came to a port for lines and records. @fix Use the port of the HTTP server. */
  | 'LINE_IS_HTTP'
  /**
   * A program that sends records came to an endpoint that takes lines only.
   * @fix Turn on `tcp.records`, or send lines.
   */
  | 'LINE_IS_PREFACE'
  // text/event-stream
  /**
   * An event of a stream has more characters than the client takes.
   * @fix Send less at once, or raise `maxPayload` of the client.
   */
  | 'ES_EVENT_TOO_BIG'
  // Plain events over HTTP
  /**
   * A request for plain events breaks a rule of docs/events.md.
   * @fix Compare it with docs/events.md. The message names the part.
   */
  | 'EVENTS_BAD_REQUEST'
  // The JSON of one event, on plain wires
  /** The text is not JSON. @fix Send JSON in UTF-8. */
  | 'JSON_BAD_TEXT'
  /**
   * The JSON is not an event.
   * @fix Send a list that begins with the name of the event, or an object as in docs/events.md.
   */
  | 'JSON_BAD_EVENT'
  /** The data has too many levels. @fix Send data with fewer objects inside of each other. */
  | 'JSON_TOO_DEEP'
  // STOMP
  /** The bytes are not a frame of STOMP. @fix Check the port and the version of the client. */
  | 'STOMP_BAD_FRAME'
  /** A frame, a header or a count is above a bound. @fix Raise the option that the message names, or send less. */
  | 'STOMP_TOO_BIG'
  /**
   * A frame asks for something that does not exist.
   * @fix Compare it with docs/stomp.md. The message names the header.
   */
  | 'STOMP_BAD_REQUEST'
  /**
   * The server does not allow what a frame asks for, or cannot do it now.
   * @fix Look at `io.allow` and at the message.
   */
  | 'STOMP_REFUSED'
  // Links between processes
  /**
   * Another process of the cluster sent something that is not a frame of a link.
   * @fix Run the same version everywhere, and let only Naru use the address of the link.
   */
  | 'LINK_BAD_FRAME';

/** Codes of ConfigError: the caller broke a rule of the API. */
export type ConfigErrorCode =
  /**
   * An option has a value that it cannot have.
   * @fix Use a value as the message says. docs/options.md lists all options.
   */
  | 'BAD_OPTION'
  /** A method got an argument that it cannot take. @fix Use a value as the message says. */
  | 'BAD_ARGUMENT'
  /** An event has a name that belongs to Naru or to Socket.IO. @fix Choose another name. */
  | 'RESERVED_EVENT'
  /**
   * Data cannot be sent: it contains itself, or something that JSON and bytes cannot hold.
   * @fix Send plain data. The message names the place.
   */
  | 'NOT_ENCODABLE'
  /**
   * A method was called at a time, or with a setting, at which it cannot work.
   * @fix Do first what the message names.
   */
  | 'WRONG_STATE';

/** Codes of UnavailableError: something outside failed, such as a network, a disk or another node. */
export type UnavailableErrorCode =
  /** Nobody answered in time. @fix Look whether the other side lives, and whether the time limit fits. */
  | 'TIMEOUT'
  /** A connection could not be made. @fix Check the address, the port, the firewall and the certificate. */
  | 'CONNECT_FAILED'
  /** The connection ended before the answer came. @fix Try again once the connection is back. */
  | 'DISCONNECTED'
  /** Another program has the address. @fix End that program, or choose another port. */
  | 'ADDRESS_IN_USE'
  /** The system, a disk or the log reported an error. @fix Read `cause`. It is the error of the system. */
  | 'IO_FAILED'
  /** The object was closed before that. @fix Make a new one. */
  | 'CLOSED'
  /** The signal of the caller ended the operation. @fix Nothing, if that was intended. */
  | 'ABORTED'
  /** The process has as many open files and connections as it may have. @fix Raise the limit (`ulimit -n`). */
  | 'NO_DESCRIPTORS'
  /** The other side refused the request. @fix Read the message. It names the reason. */
  | 'REFUSED'
  /**
   * More waits than the bound allows, for example for a client that does not read.
   * @fix Send less, wait for `drained`, or raise the bound that the message names.
   */
  | 'BUFFER_FULL'
  /**
   * The log does not take an event, or a namespace keeps no log.
   * @fix Send a smaller event, give the broker more space, or set `connectionStateRecovery` or `backplane`.
   */
  | 'NOT_KEPT'
  /** A limit of the server has refused the event. @fix Send less. A client with `retries` sends it again by itself. */
  | 'LIMITED';

/** Codes in answers of the server to requests of clients. */
export type RefusalCode =
  /**
   * The rules of `io.allow` do not let the client do this.
   * @fix Allow it there, or let the server do it for the client.
   */
  | 'FORBIDDEN'
  /** The client has too many requests under way, or is in too many rooms. @fix Wait for an answer, or leave a room. */
  | 'TOO_MANY'
  /** The server could not decide or carry out the request. @fix Try again. The error is in the log of the server. */
  | 'FAILED'
  /** The client had gone before the answer. @fix Nothing: nobody waits for it. */
  | 'GONE'
  /**
   * The name of a room is empty, too long, or not a string. @fix Use a string of 1 to 256 characters that does not
   * begin with U+0000.
   */
  | 'BAD_ROOM'
  /** The name of an event is missing or reserved. @fix Choose another name. */
  | 'BAD_EVENT'
  /** A query of history has a wrong part. @fix Correct the part that the message names. */
  | 'BAD_QUERY'
  /** A state of presence cannot be kept. @fix Send JSON within the bound that the message names. */
  | 'BAD_STATE'
  /** The client is not present in the room. @fix Join the presence of the room first. */
  | 'NOT_PRESENT'
  /**
   * The namespace keeps no log, so it has no history.
   * @fix Set `connectionStateRecovery` or `backplane` on the server.
   */
  | 'NOT_KEPT'
  /** An idempotency key is too short, too long, or not a string. @fix Use a random string, such as a UUID. */
  | 'BAD_KEY'
  /**
   * A later event of the same row has come, so this one is never carried out.
   * @fix Have one event of a row on its way at a time, with rising numbers.
   */
  | 'STALE_KEY'
  /**
   * The log did not take what the server sent for this request, or a `POST` failed after some of its events were
   * published.
   * @fix Send the event again with the same key.
   */
  | 'UNCONFIRMED'
  /**
   * A listener of the server threw or rejected with an error, and the program takes such errors.
   * @fix Look into the log of the server. The answer leaves the reason out.
   */
  | 'LISTENER_FAILED'
  /**
   * The Redis or NATS of the server cannot be used, so the server refuses clients.
   * @fix Mend it as docs/clusters.md says.
   */
  | 'BACKPLANE_UNUSABLE'
  /** The server cannot open a lane now. @fix Nothing: volatile events go over the session. The client asks again. */
  | 'NO_LANE'
  /** A page of another origin asks for plain events. @fix Name the origin in `cors`. */
  | 'FOREIGN_ORIGIN'
  /**
   * The server is shutting down, or does not accept this client.
   * @fix Try again after the time in `Retry-After`, if there is one.
   */
  | 'CLOSED'
  /** The server has as many clients as it takes. @fix Try again later, or raise the bound. */
  | 'FULL'
  /** A request for plain events has a method that the path does not know. @fix Use one of the methods in `Allow`. */
  | 'BAD_METHOD'
  /** A request wants a type that the path does not have. @fix Ask for a type that the message names. */
  | 'NOT_ACCEPTABLE'
  /** The body of a request has a type that cannot be read. @fix Send a type that the message names. */
  | 'BAD_TYPE'
  /** A middleware or `allowRequest` refused the client. @fix Look at your function. The message is its own. */
  | 'REFUSED'
  /** The namespace in the URL does not exist. @fix Correct the URL, or create the namespace with `io.of`. */
  | 'UNKNOWN_NAMESPACE'
  /**
   * The request was not decided, or the session of the client not found, in time.
   * @fix Try again after `Retry-After` or `data.retryAfter`, as Naru's client does by itself.
   */
  | 'UNAVAILABLE'
  /** The guard wants a token. @fix Send one, as docs/guard.md says for each wire. */
  | 'TOKEN_MISSING'
  /**
   * The guard does not accept the token: its signature, issuer, audience, times or rights are wrong.
   * @fix Compare the token with the options of `jwt`. The clocks of login and server may differ by 30 seconds.
   */
  | 'TOKEN_INVALID'
  /** The token has ended. @fix Get a new one, and connect again. */
  | 'TOKEN_EXPIRED'
  /** The token was revoked, or its user was after it was issued. @fix Have the user log in again. */
  | 'TOKEN_REVOKED'
  /** A new token was issued before the one that the client has. @fix Send the newest token. */
  | 'TOKEN_OLD'
  /** The server ended the session. @fix Nothing, if that was intended. The client may begin a new session. */
  | 'SESSION_REVOKED'
  /** A new token names another user. @fix Connect anew for another user. */
  | 'OTHER_USER'
  /** The server has no room for newcomers. @fix Try again after `retryAfter` milliseconds. */
  | 'FULL'
  /** The client does more than the limits of the guard allow. @fix Try again after `retryAfter` milliseconds. */
  | 'LIMITED'
  /** The client has left a room, because its new token has no right to be there. @fix Give the token that right. */
  | 'NO_RIGHT';

/** Codes of the warnings that Naru prints with `process.emitWarning`. */
export type WarningCode =
  /** An option has a name that Naru does not know. @fix Remove it, or correct the name. */
  | 'NARU_UNKNOWN_OPTION'
  /** A client of Socket.IO 2 was refused. @fix Set `allowEIO3: true`, or update the client. */
  | 'NARU_OLD_CLIENT'
  /**
   * A call reaches the sockets of this process only, although others share the backplane.
   * @fix Use a backplane that connects processes, or `local` to say that this is intended.
   */
  | 'NARU_LOCAL_ONLY'
  /**
   * The processes that share a folder cannot reach each other.
   * @fix Correct the permissions of the folder, as the message says.
   */
  | 'NARU_NO_TALK'
  /** Two servers of a cluster have versions that are too far apart. @fix Update one minor version after the other. */
  | 'NARU_VERSIONS_APART'
  /** A later version of Naru has written something that this one cannot read. @fix Update this process. */
  | 'NARU_LATER_VERSION'
  /** Redis does not allow INFO, so its settings cannot be checked. @fix Allow it: `ACL SETUSER <user> +info`. */
  | 'NARU_REDIS_INFO'
  /**
   * No other server uses this prefix on a Redis, and servers use another one.
   * @fix Give servers that belong together the same `prefix`.
   */
  | 'NARU_LONELY_PREFIX'
  /** A worker ended by itself, and another one takes its place. @fix Read the error that the worker printed before. */
  | 'NARU_WORKER_ENDED';

/** An error with a code, and with a `cause` if one is given. */
class CodedError<Code extends string> extends Error {
  readonly code: Code;
  constructor(code: Code, message: string, cause?: unknown) {
    // The files for pages leave some messages out: scripts/build/page-code.mjs.
    super(message ?? code, cause ? { cause } : undefined);
    this.code = code;
  }
}

/** The peer broke a rule of a wire. Only its own session closes. */
export class ProtocolError extends CodedError<ProtocolErrorCode> {
  override readonly name = 'ProtocolError';
}

/**
 * The caller broke a rule of the API. The error is thrown at once and names the option or argument, the value and the
 * fix.
 */
export class ConfigError extends CodedError<ConfigErrorCode> {
  override readonly name = 'ConfigError';
}

/**
 * Something outside Naru failed. The error has a `cause` if one is known, and goes to the code that waits for the
 * result.
 */
export class UnavailableError extends CodedError<UnavailableErrorCode> {
  override readonly name = 'UnavailableError';
}

/** The errors that programs meet, by their names. */
export interface NaruErrors {
  readonly ConfigError: ConfigError;
  readonly ProtocolError: ProtocolError;
  readonly UnavailableError: UnavailableError;
}

/** Whether a value is an error with this name. It may come from another copy of Naru than this one. */
export function isNaruError<Name extends keyof NaruErrors>(value: unknown, name: Name): value is NaruErrors[Name] {
  return value instanceof Error && value.name === name;
}

/**
 * Makes an error without a stack, for what happens to a client: its stack would name Node's own functions alone. When
 * ten thousand clients go at once, the stacks would cost more than the rest of their end.
 */
export function withoutStack<Made extends Error>(make: () => Made): Made {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const error = make();
  Error.stackTraceLimit = stackTraceLimit;
  return error;
}

/** An invariant of Naru itself is broken, which is a defect to report. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/**
 * Describes an untrusted value for a message: the beginning of a text, or the type of anything else, because converting
 * an object to text may throw.
 */
export function shown(value: unknown): string {
  return typeof value === 'string' ? `"${value.slice(0, 50)}"` : typeof value;
}
