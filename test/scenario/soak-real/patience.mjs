// How long the clients of a crowd wait. A few are hasty, so that much happens in a short time. On one small machine,
// thousands of hasty clients would give up each connection before the servers come to it. They are as patient as
// Socket.IO's clients are by default.

/** Clients from which on all are patient. */
const MANY_CLIENTS = 1_000;

export const patience = {
  delays: { reconnectionDelay: 50, reconnectionDelayMax: 500, timeout: 8_000 },
  /** Milliseconds until a plain client connects again. */
  againMs: 100,
  /** Milliseconds without a byte after which a connection counts as dead. This is several heartbeats. */
  silenceMs: 8_000,
  /** Options of the servers, where they are not those of SERVER_OPTIONS. */
  heartbeat: {},
};

const USUAL = {
  delays: { reconnectionDelay: 1_000, reconnectionDelayMax: 5_000, timeout: 20_000 },
  againMs: 2_000,
  silenceMs: 60_000,
  heartbeat: { pingInterval: 25_000, pingTimeout: 20_000 },
};

/** Sets the patience of this process for so many clients, and returns it. */
export function setPatience(clients) {
  return clients < MANY_CLIENTS ? patience : Object.assign(patience, USUAL);
}
