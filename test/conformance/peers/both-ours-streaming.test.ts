/**
 * Makes the same claims with HTTP streaming in place of the other transports: alone, before a WebSocket, and after
 * long-polling.
 */
import { MODES, type Mode, pairOf } from './harness.js';
import { claims } from './suites/index.js';

const STREAMING: Readonly<Record<Mode, readonly string[]>> = {
  polling: ['sse'],
  websocket: ['sse', 'websocket'],
  upgrade: ['polling', 'sse'],
};

Object.assign(MODES, STREAMING);

const pair = await pairOf({ server: 'naru', client: 'naru' });
claims({ ...pair, name: `${pair.name}, by HTTP streaming` });
