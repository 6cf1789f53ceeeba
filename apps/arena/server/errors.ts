/** The error with which the game refuses a connection. */
import { RefusedError as RefusedErrorOf } from 'naru-apps-kit/server/errors.js';
import type { Refusal } from '../shared/protocol.js';

/** A refusal of a connection. */
export class RefusedError extends RefusedErrorOf<Refusal> {}
