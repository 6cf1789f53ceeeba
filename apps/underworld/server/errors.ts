/** The errors with which the chat refuses something. */
import { RefusedError as RefusedErrorOf } from 'naru-apps-kit/server/errors.js';
import type { Refusal } from '../shared/protocol.js';

/** A refusal of a connection or of an event on a plain wire. */
export class RefusedError extends RefusedErrorOf<Refusal> {}
