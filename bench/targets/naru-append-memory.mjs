/** Naru with recovery and its log in memory. */
import { appendTo } from './append-app.mjs';

/** @param {string} _app @param {{ perTurn: number }} options */
export function start(_app, { perTurn }) {
  return appendTo({}, perTurn);
}
