/** Options that a program leaves `undefined`, in a project with `exactOptionalPropertyTypes`. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { OPTION_GROUPS } from '../docs/option-groups.js';
import { type Consumer, makeConsumer } from './consumer.js';

let project: Consumer;
beforeAll(() => {
  project = makeConsumer();
}, 120_000);
afterAll(() => project?.remove());

type Group = keyof typeof OPTION_GROUPS;

/** An object in which every option of these groups is `undefined`. */
function nothing(...groups: readonly Group[]): string {
  const names = groups.flatMap((group) => Object.keys(OPTION_GROUPS[group].table.entries));
  return `{ ${[...new Set(names)].map((name) => `${name}: undefined`).join(', ')} }`;
}

const program = `
import { Server } from 'naru';
import { io } from 'naru/client';
import { stomp } from '@naru/stomp';
import { udp, webrtc } from '@naru/udp';
import { udp as udpClient } from '@naru/udp/client';
import { connect, WebSocketServer } from 'naru/websocket';

new Server(${nothing('engine', 'server', 'server-wires')});
new Server({
  connectionStateRecovery: ${nothing('recovery')},
  cookie: { name: 'io' },
  cors: ${nothing('cors')},
  events: ${nothing('events')},
  history: ${nothing('history')},
  httpCompression: ${nothing('http-compression')},
  idempotency: ${nothing('idempotency')},
  links: ${nothing('links')},
  perMessageDeflate: ${nothing('deflate')},
  presence: ${nothing('presence')},
  slowReaders: ${nothing('slow-readers')},
  tcp: ${nothing('tcp')},
  wires: [stomp(${nothing('stomp')}), udp(${nothing('udp')}), webrtc(${nothing('webrtc')})],
});
udpClient(${nothing('client-udp')});
io('http://localhost', ${nothing('client-engine', 'client-manager', 'client-socket')});
new WebSocketServer(0, ${nothing('websocket-connections', 'websocket-accepting', 'websocket-listening')});
void connect('ws://localhost', ${nothing('websocket-connections')});
void new Server().history('room', { before: undefined, after: undefined, limit: undefined });
`;

it('compile in every table of options', { timeout: 120_000 }, () => {
  const flags = ['--module', 'nodenext', '--skipLibCheck', '--exactOptionalPropertyTypes'];
  expect(project.check({ 'undefined-options.ts': program }, flags)).toBe('');
  // The compiler is strict about it.
  const strict = 'export const given: { readonly limit?: number } = { limit: undefined };';
  expect(project.check({ 'strict.ts': strict }, flags)).toContain('TS2375');
});
