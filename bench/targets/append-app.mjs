/** A server without a port that keeps what it emits, so many events in each turn of the event loop. */
import { Server } from 'naru';

const TEXT = 'The ferry leaves the landing at dawn, and it waits for nobody...';

/**
 * @param {Record<string, unknown>} options
 * @param {number} perTurn
 */
export function appendTo(options, perTurn) {
  const io = /** @type {any} */ (new Server({ ...options, connectionStateRecovery: {} }));
  const numberOf = () => Number.parseInt(io.sockets.log.extent().newest, 36);
  const first = numberOf();
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
  turn();
  return {
    port: 0,
    /** Records that stand in the log, by their offsets. */
    count() {
      const kept = numberOf() - first;
      if (hasFailed || kept > emitted || emitted - kept > 2 * perTurn)
        throw new Error(`${kept} of ${emitted} are kept`);
      return kept;
    },
  };
}
