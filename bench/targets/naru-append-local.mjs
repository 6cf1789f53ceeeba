/** Naru with recovery and a log on the disk. */
import { local } from '@naru/local';
import { appendTo } from './append-app.mjs';
import { makeFolder } from './temporary-folder.mjs';

/** @param {string} _app @param {{ perTurn: number }} options */
export function start(_app, { perTurn }) {
  return appendTo({ backplane: local(makeFolder(), { bytes: 256 * 1024 ** 2 }) }, perTurn);
}
