/** Rows about four workers behind one port, against one process with the same log. */

/** @type {readonly import('../rows.mjs').Row[]} */
export const WORKER_ROWS = [
  { id: 'idle-workers', load: 'idle', how: 'WebSocket alone' },
  { id: 'idle-workers-upgraded', load: 'upgraded-idle', how: 'long-polling first, then an upgrade' },
].map(({ id, load, how }) => ({
  id,
  group: 'workers',
  title: `Memory of an idle connection to four workers, at 10,000, against one process: ${how}`,
  measure: /** @type {const} */ ('idle'),
  app: 'idle',
  load,
  headers: /** @type {const} */ ('plain'),
  serverOptions: { pingInterval: 4000 },
  // Compiled code and the young heap grow with the requests of a worker, and belong to its base. Each of four workers
  // gets a quarter of these.
  warmUpConnections: 18_000,
  targets: ['naru-workers', 'naru-single'],
  compare: /** @type {const} */ (['naru-workers', 'naru-single']),
  unit: 'KiB of RSS per connection',
  goal: 1.05,
}));
