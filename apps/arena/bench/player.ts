/** The parts of the game that a player of a measurement needs: a mind, and the wire. */
export { Brain } from '../server/bots/brain.js';
export { TICK_MS } from '../shared/limits.js';
export { encodeInputs } from '../shared/wire/input.js';
export { decodeSnapshot } from '../shared/wire/snapshot.js';
