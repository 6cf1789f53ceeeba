/** The values that labels may have. A label with any other value says `other`, so no client can make new series. */

/** The values of a label. */
export type LabelValues = ReadonlySet<string>;

/** The labels of a metric by name, each with its values. */
export type Labels = Readonly<Record<string, LabelValues>>;

/** The value of a label that stands for all values which are not in its set. */
export const OTHER = 'other';

const setOf = (...values: string[]): LabelValues => new Set(values);

/** The transports. `udp` and `webrtc` are wires of a package. */
export const WIRES = setOf('polling', 'websocket', 'sse', 'tcp', 'udp', 'webrtc', 'webtransport');

/** Why a session ends. */
export const SESSION_ENDS = setOf('transport close', 'transport error', 'ping timeout', 'parse error', 'forced close');

/** Why a socket leaves its namespace. */
export const SOCKET_ENDS = setOf(
  ...SESSION_ENDS,
  'server shutting down',
  'forced server close',
  'client namespace disconnect',
  'server namespace disconnect',
);

/** Why a request opens or continues no session. */
export const HANDSHAKE_REFUSALS = setOf(
  'unknownTransport',
  'unknownSid',
  'badMethod',
  'badRequest',
  'forbidden',
  'unsupportedProtocol',
  'overloaded',
  'closed',
  'undecided',
  'crowded',
);

/** The policies for slow readers. */
export const POLICIES = setOf('catch-up', 'drop-oldest', 'newest-per-key', 'newest-group', 'disconnect', 'hold');

/** The requests of clients about a room. */
export const ACTS = setOf('subscribe', 'publish', 'history', 'presence', 'ownPresence', 'enter', 'leave');

/** The codes of refused requests about rooms. */
export const REFUSAL_CODES = setOf(
  'FORBIDDEN',
  'LIMITED',
  'TOO_MANY',
  'FAILED',
  'GONE',
  'BAD_ROOM',
  'BAD_EVENT',
  'BAD_QUERY',
  'BAD_STATE',
  'NOT_PRESENT',
  'NOT_KEPT',
);

/** The outcomes of a limit of the guard. */
export const LIMIT_OUTCOMES = setOf('refuse', 'wait', 'end');

/** The states of a backplane. */
export const STATES = setOf('connecting', 'up', 'slow', 'away', 'catching-up', 'unusable');

/** Why a server is not ready. */
export const UNREADY = setOf('backplane', 'delay', 'closing');

/** Why a client does not get its session back. */
export const RECOVERY_FAILURES = setOf('unknown', 'gap', 'unavailable');

/** Returns a value as a label may have it. */
export function bounded(values: LabelValues, value: unknown): string {
  return typeof value === 'string' && values.has(value) ? value : OTHER;
}

/** Returns every combination of the values of the labels, if there is at most one label. */
export function knownSeries(labels: Labels): readonly Readonly<Record<string, string>>[] {
  const [first, ...others] = Object.entries(labels);
  if (!first) return [{}];
  // Two labels multiply. Their series appear when they count something.
  return others.length > 0 ? [] : [...first[1]].map((value) => ({ [first[0]]: value }));
}
