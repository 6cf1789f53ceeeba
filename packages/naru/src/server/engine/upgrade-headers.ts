/**
 * Picks the few headers that decide about an upgrade out of the raw list, because Node's full header table costs more
 * than all checks.
 */
import type { HeaderFields } from '../../protocol/websocket/handshake.js';

const PICKED: ReadonlySet<string> = new Set([
  'upgrade',
  'connection',
  'origin',
  'sec-websocket-key',
  'sec-websocket-version',
  'sec-websocket-protocol',
  'sec-websocket-extensions',
]);

const SIZES: ReadonlySet<number> = new Set([...PICKED].map((name) => name.length));

/**
 * Returns the headers that matter to an upgrade by lower-case name. The values of a repeated header are joined with
 * commas.
 */
export function pickUpgradeHeaders(rawHeaders: readonly string[]): HeaderFields {
  const fields: Record<string, string> = {};
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const raw = rawHeaders[at] ?? '';
    if (!SIZES.has(raw.length)) continue;
    const name = raw.toLowerCase();
    if (!PICKED.has(name)) continue;
    const value = rawHeaders[at + 1] ?? '';
    const known = fields[name];
    fields[name] = known === undefined ? value : `${known}, ${value}`;
  }
  return fields;
}
