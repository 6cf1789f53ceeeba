/** Checks the options and the address of an engine. The bundles for `<script>` leave this out to stay small. */
import { ConfigError } from '../../base/errors.js';
import { adviseWire } from '../../base/options/known-packages.js';
import { isObject, type OptionTable, options, readOptions } from '../../base/options/table.js';
import { clientEngineTable, type EngineOptions } from './options.js';
import type { Platform } from './platform.js';

/**
 * Checks options against their table. Throws a ConfigError for a wrong value, for a misspelt name and for a name of
 * older Socket.IO clients. Any other unknown name causes one warning. `null` means "not set", as in Socket.IO.
 */
export function checkOptions(table: OptionTable, given: unknown): void {
  const set = isObject(given) ? Object.fromEntries(Object.entries(given).filter(([, item]) => item !== null)) : given;
  readOptions(table, set ?? undefined);
}

/** Checks the options of an EngineSocket, as `checkOptions` does. */
export function checkEngineOptions(given: object | undefined): void {
  checkOptions(clientEngineTable, given);
}

/** The schemes of HTTP and WebSocket. A platform may have more. */
const SCHEMES = ['http', 'https', 'ws', 'wss'];

/**
 * Checks an address. Throws a ConfigError for a scheme that the platform does not have, and for a single slash after a
 * scheme.
 */
export function checkAddress(uri: unknown, { schemes = {} }: Pick<Platform, 'schemes'>): void {
  if (typeof uri !== 'string') return;
  const [, scheme, slashes = ''] = /^([a-z][a-z\d+.-]*):(\/*)/i.exec(uri) ?? [];
  if (scheme === undefined) return;
  const known = [...SCHEMES, ...Object.keys(schemes)];
  const isKnown = known.includes(scheme.toLowerCase());
  const advice = isKnown ? undefined : adviseWire(scheme.toLowerCase(), 'client');
  if (advice !== undefined) throw new ConfigError('BAD_ARGUMENT', `"${uri}" cannot be opened: ${advice}`);
  // `localhost:3000` has a port, and no scheme.
  if (slashes.length >= 2 && !isKnown)
    throw new ConfigError('BAD_ARGUMENT', `"${uri}" begins with "${scheme}:": use one of ${known.join(', ')}`);
  if (isKnown && slashes.length < 2 && !/^(unix:|[^:]+:\d+(?:\D|$))/.test(uri))
    throw new ConfigError(
      'BAD_ARGUMENT',
      `"${uri}" needs two slashes after "${scheme}:", as in ${scheme}://localhost:3000`,
    );
}

/** Checks the option `wires`, whose parts the check of the address needs. */
export function checkWires(wires: unknown): void {
  checkOptions(options('', { wires: clientEngineTable.entries.wires }), { wires });
}

/** Checks the option `transports`. Throws a ConfigError for a name that the platform does not have. */
export function checkTransports(given: object | undefined, { transports }: Pick<Platform, 'transports'>): void {
  const { transports: names } = (given ?? {}) as Pick<EngineOptions, 'transports'>;
  const known = Object.keys(transports);
  const unknown = Array.isArray(names)
    ? names.find((name) => typeof name === 'string' && !known.includes(name))
    : undefined;
  if (unknown !== undefined)
    throw new ConfigError(
      'BAD_OPTION',
      `Option "transports" has the unknown name "${String(unknown)}". Known are: ${known.join(', ')}.`,
    );
}
