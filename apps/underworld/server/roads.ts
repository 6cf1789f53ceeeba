/** By which road a connection came: what carries it, and what it speaks. */
import type { Road } from '../shared/wire.js';
import type { RiderSocket } from './riders.js';

/** The road of a connection. */
export function roadOf({ conn }: Pick<RiderSocket, 'conn'>): Road {
  const plain = PLAIN[conn.subprotocol];
  if (plain) return plain;
  return PROGRAMS.has(conn.transport.name) ? 'program' : 'web';
}

/** Whether those who come by a road have no page that words things for them: they speak in words, and hear words. */
export function isPlain(road: Road): boolean {
  return road === 'terminal' || road === 'stream' || road === 'broker';
}

const PLAIN: Readonly<Record<string, Road | undefined>> = { line: 'terminal', events: 'stream', stomp: 'broker' };
// No browser speaks these.
const PROGRAMS: ReadonlySet<string> = new Set(['tcp', 'udp']);
