/** The rows of rates that others are made of: broadcasts and acknowledgements. */

/** No ping of Engine.IO falls into a measurement of a few seconds, on either server. */
export const QUIET = { pingInterval: 300_000 };
/** The targets that speak WebSocket. */
export const WEBSOCKETS = ['socket.io', 'ws', 'naru', 'naru-websocket', 'raw'];

/**
 * Returns a row of acknowledgements.
 * @param {{ window: number, goal?: number }} options
 * @returns {import('../rows.mjs').Row}
 */
export function ack({ window, goal }) {
  return {
    id: `ack-${window}`,
    group: 'ack',
    title: `Acknowledgement round trips, 50 clients, ${window} in flight each`,
    measure: 'throughput',
    app: 'ack',
    load: 'ack',
    loadOptions: { clients: 50, window },
    serverOptions: QUIET,
    targets: WEBSOCKETS,
    unit: 'acks',
    goal,
  };
}

/**
 * Returns a row of a fan-out.
 * @param {{ window: number, senders?: number, receivers?: number, goal?: number }} options
 * @returns {import('../rows.mjs').Row}
 */
export function fanout({ window, senders = 1, receivers = 1000, goal }) {
  const by = senders === 1 ? '' : ` from ${senders} senders`;
  return {
    id: senders === 1 ? `fanout-${window}` : `fanout-${window}-senders-${senders}`,
    group: 'fanout',
    title: `Fan-out to 1,000 sockets in a room, ${window} in flight${by}`,
    measure: 'throughput',
    app: 'fanout',
    load: 'fanout',
    loadOptions: { receivers, senders, window },
    serverOptions: QUIET,
    targets: [...WEBSOCKETS, 'naru-websocket-broadcast'],
    unit: 'deliveries',
    goal,
  };
}
