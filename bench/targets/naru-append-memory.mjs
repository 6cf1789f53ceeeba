/** Naru with recovery: its events are kept in memory. */
import { appendTo } from './append-app.mjs';

/** @param {string} _app @param {{ perTurn: number }} options */
export function start(_app, { perTurn }) {
  return appendTo({}, perTurn);
}
