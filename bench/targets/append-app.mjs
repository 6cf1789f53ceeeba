/** A server without a port that stores its events, a fixed number in each turn of the event loop. */
import { endpointContextOf, Server } from '../../.build.modules/packages/naru/src/server/api/server.js';

const TEXT = 'The ferry leaves the landing at dawn, and it waits for nobody...';

/**
 * @param {Record<string, unknown>} options
 * @param {number} perTurn
 */
export function appendTo(options, perTurn) {
  const io = /** @type {any} */ (new Server({ ...options, connectionStateRecovery: {} }));
  const { log } = endpointContextOf(io).namespaces.context.backplane;
  const numberOf = () => Number.parseInt(log.extent('/').newest, 36);
  // A process begins after a gap in the numbers, at its first event. From there on they are consecutive.
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
    /** The number of records in the log, by their offsets. */
    count() {
      if (first === undefined) return 0;
      const kept = numberOf() - first;
      if (hasFailed || kept > emitted || emitted - kept > 2 * perTurn)
        throw new Error(`${kept} of ${emitted} events were stored`);
      return kept;
    },
  };
}
