/** A server without a port that keeps what it emits, so many events in each turn of the event loop. */
import { Server } from 'naru';
import { endpointContextOf } from '../../dist/esm/server/api/server.js';

const TEXT = 'The ferry leaves the landing at dawn, and it waits for nobody...';

/**
 * @param {Record<string, unknown>} options
 * @param {number} perTurn
 */
export function appendTo(options, perTurn) {
  const io = /** @type {any} */ (new Server({ ...options, connectionStateRecovery: {} }));
  const { log } = endpointContextOf(io).namespaces.context.backplane;
  const numberOf = () => Number.parseInt(log.extent('/').newest, 36);
  // A process begins behind a hole in the numbers, at its first event; they follow each other from there on.
  /** @type {number | undefined} */
  let first;
  io.to('room').emit('said', TEXT);
  let emitted = 0;
  let hasFailed = false;
  io.engine.on('log_error', () => {
    hasFailed = true;
  });
  const turn = () => {
    for (let count = 0; count < perTurn; count += 1) io.to('room').emit('said', TEXT);
    emitted += perTurn;
    setImmediate(turn);
  };
  setTimeout(() => {
    first = numberOf();
    turn();
  }, 20);
  return {
    port: 0,
    /** Records that stand in the log, by their offsets. */
    count() {
      if (first === undefined) return 0;
      const kept = numberOf() - first;
      if (hasFailed || kept > emitted || emitted - kept > 2 * perTurn)
        throw new Error(`${kept} of ${emitted} are kept`);
      return kept;
    },
  };
}
