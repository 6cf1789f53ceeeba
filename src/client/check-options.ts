/** Checks the options of the client: names, types and ranges. The bundles for `<script>` leave this out to stay small. */
import { flag } from '../base/options/kinds.js';
import { isObject, join, options, readOptions } from '../base/options/table.js';
import { clientEngineTable } from './engine/options.js';
import { managerTable, socketTable } from './socket/options.js';

/** The table of the option names of Socket.IO 0.9 that socket.io-client 4 still accepts. */
export const oldNamesTable = options('', { 'force new connection': flag(undefined) });

/** The table of the options of `io()`, a Manager and a Socket. */
export const clientTable = join(join(clientEngineTable, managerTable), join(socketTable, oldNamesTable));

/**
 * Checks the options of `io()`, a Manager or a Socket. Throws a ConfigError for a wrong value, for a misspelt name and for a name of older
 * Socket.IO clients. Any other unknown name causes one warning. `null` means "not set", as in Socket.IO.
 */
export function checkClientOptions(given: object | undefined): void {
  readOptions(clientTable, withoutNull(given));
}

/** Checks the options of an EngineSocket, as `checkClientOptions` does. */
export function checkEngineOptions(given: object | undefined): void {
  readOptions(clientEngineTable, withoutNull(given));
}

function withoutNull(given: unknown): unknown {
  return isObject(given)
    ? Object.fromEntries(Object.entries(given).filter(([, item]) => item !== null))
    : (given ?? undefined);
}
