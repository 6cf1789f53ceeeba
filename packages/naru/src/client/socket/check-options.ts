/** Checks the options of managers and sockets. The bundles for `<script>` leave this out to stay small. */
import { flag } from '../../base/options/kinds.js';
import { join, options } from '../../base/options/table.js';
import { checkOptions } from '../engine/check-options.js';
import { clientEngineTable } from '../engine/options.js';
import { managerTable, socketTable } from './options.js';

/** The table of the option names of Socket.IO 0.9 that socket.io-client 4 still accepts. */
export const oldNamesTable = options('', { 'force new connection': flag(undefined) });

/** The table of the options of `io()`, a Manager and a Socket. */
export const clientTable = join(join(clientEngineTable, managerTable), join(socketTable, oldNamesTable));

/** Checks the options of `io()`, a Manager or a Socket, as `checkOptions` does. */
export function checkClientOptions(given: object | undefined): void {
  checkOptions(clientTable, given);
}
