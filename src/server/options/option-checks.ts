/** What an option of the server has to be, where a range of numbers does not say it. Each check throws ConfigError: option, value, fix. */
import { ConfigError, shown } from '../../base/errors.js';
import type { TransportName } from '../../transport/transport.js';

/** The transports of an engine of whose none are named. */
export const TRANSPORTS: readonly TransportName[] = ['polling', 'websocket', 'sse'];

/** Those that can be named besides. */
const OPTIONAL_TRANSPORTS: readonly TransportName[] = ['webtransport'];

const IDEMPOTENCY_NAMES = ['ageMax', 'countMax', 'bytesMax', 'storedCountMax', 'storedBytesMax', 'scope'];

/** Throws unless it is a number from `least` to `most`, both included. */
export function checkNumber(name: string, value: unknown, [least, most]: readonly [number, number]): void {
  if (typeof value === 'number' && value >= least && value <= most) return;
  throw new ConfigError(
    'BAD_OPTION',
    `the option "${name}" is ${String(value)}; give a number ${most === Number.POSITIVE_INFINITY ? `of ${least} or more` : `from ${least} to ${most}`}`,
  );
}

/** Throws unless it is a list of one or more names of transports. */
export function checkTransports(transports: unknown): void {
  const isList = Array.isArray(transports) && transports.length > 0;
  const unknown = isList
    ? transports.find((name) => ![...TRANSPORTS, ...OPTIONAL_TRANSPORTS].includes(name))
    : transports;
  if (isList && unknown === undefined) return;
  throw new ConfigError(
    'BAD_OPTION',
    `the option "transports" has ${isList ? String(unknown) : 'no list of names'}; give some of "polling", "websocket", "sse", "webtransport"`,
  );
}

/** Throws for what is no backplane, such as the folder that one is to be opened in. `undefined` and `null` are none. */
export function checkBackplane(backplane: unknown): void {
  if (backplane === undefined || backplane === null) return;
  const { log, store } = backplane as { log?: unknown; store?: unknown };
  if (isObject(log) && isObject(store)) return;
  throw new ConfigError(
    'BAD_OPTION',
    `the option "backplane" is ${shown(backplane)}; give what a function for it gives, such as local("./data") of naru/backplane/local`,
  );
}

/** Throws for names that are no options of `idempotency`, and for a `scope` that cannot be asked. */
export function checkIdempotency(options: object): void {
  for (const name of Object.keys(options))
    if (!IDEMPOTENCY_NAMES.includes(name))
      throw new ConfigError(
        'BAD_OPTION',
        `there is no option "idempotency.${name}"; there are ${IDEMPOTENCY_NAMES.join(', ')}`,
      );
  const { scope } = options as { scope?: unknown };
  if (scope === undefined || typeof scope === 'function') return;
  throw new ConfigError(
    'BAD_OPTION',
    `the option "idempotency.scope" is ${shown(scope)}; give a function of a socket that names whose its keys are`,
  );
}

/** Throws unless it is text or bytes, which each session can send. */
export function checkInitialPacket(packet: unknown): void {
  if (packet === undefined || typeof packet === 'string') return;
  if (packet instanceof ArrayBuffer || ArrayBuffer.isView(packet)) return;
  const got = packet === null ? 'null' : shown(packet);
  throw new ConfigError(
    'BAD_OPTION',
    `the option "initialPacket" is ${got}; give a string, an ArrayBuffer or a view of one`,
  );
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
