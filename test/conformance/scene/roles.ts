/**
 * The guests of the scene: their programs and wires, the needs of each program, and the expected answer about the
 * closed room.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect } from 'vitest';
import { udp as udpWire } from '../../../packages/udp/src/client/udp-wire.js';
import type { Guest, GuestFacts } from './guest.js';
import { BundleGuest, CHROMIUM, EventSourceGuest, WebSocketGuest } from './page-guests.js';
import { CURL, CurlGuest, NC, NcGuest, PYTHON, UdpPythonGuest } from './program-guests.js';
import type { Places } from './scene.js';
import { OurGuest, StockGuest } from './socket-guests.js';
import { StompJsGuest, StompPythonGuest } from './stomp-guests.js';

/** A program that npm does not install. */
interface Need {
  readonly isHere: boolean;
  readonly command: string;
}

/** One guest of the scene. */
export interface Role extends GuestFacts {
  /** Undefined if nothing needs to be installed. */
  readonly needs?: Need;
  /** The answer about the closed room. */
  readonly refusal: unknown;
  create(facts: GuestFacts, places: Places): Guest | Promise<Guest>;
}

const apt = (isHere: boolean, packages: string): Need => ({ isHere, command: `apt-get install ${packages}` });
const runs = (file: string, ...args: string[]) => spawnSync(file, args, { stdio: 'ignore' }).status === 0;

const BROWSER = apt(existsSync(CHROMIUM), 'chromium');
const MAY_NOT = 'clients may not join "cellar" in / by themselves';
const BY_CALL = { error: { code: 'FORBIDDEN', message: MAY_NOT } };
const BY_ERROR = expect.objectContaining({ message: expect.stringContaining(MAY_NOT), reason: 'FORBIDDEN' });
const BY_EVENTS = { code: 'FORBIDDEN', message: MAY_NOT, room: 'cellar' };
const BY_FRAME = ['ERROR', `SUBSCRIBE to /topic/cellar was refused: ${MAY_NOT}`];
const LEAVES = 'client namespace disconnect';
const GOES = 'transport close';
const PUT_OUT = 'forced server close';

export const ROLES: readonly Role[] = [
  {
    name: 'page',
    road: 'websocket socket.io',
    farewell: LEAVES,
    needs: BROWSER,
    refusal: expect.stringContaining(MAY_NOT),
    create: async (facts, { openPage }) => new BundleGuest(facts, await openPage()),
  },
  {
    name: 'WebSocket',
    road: 'websocket events',
    farewell: GOES,
    needs: BROWSER,
    refusal: { error: BY_EVENTS },
    create: async (facts, { openPage }) => new WebSocketGuest(facts, await openPage()),
  },
  {
    name: 'EventSource',
    road: 'sse events',
    farewell: GOES,
    needs: BROWSER,
    refusal: [403, BY_EVENTS],
    create: async (facts, { openPage }) => new EventSourceGuest(facts, await openPage()),
  },
  {
    name: 'socket.io-client',
    road: 'websocket socket.io',
    farewell: LEAVES,
    refusal: BY_CALL,
    create: (facts, { url }) => new StockGuest(facts, url),
  },
  ...(['polling', 'sse', 'webtransport'] as const).map(
    (transport): Role => ({
      name: `our client by ${transport}`,
      road: `${transport} socket.io`,
      farewell: LEAVES,
      refusal: BY_ERROR,
      create: (facts, { url }) => new OurGuest(facts, url, { transports: [transport] }),
    }),
  ),
  {
    name: 'our client by tcp',
    road: 'tcp socket.io',
    farewell: LEAVES,
    refusal: BY_ERROR,
    create: (facts, { tcp }) => new OurGuest(facts, `tcp://127.0.0.1:${tcp}`),
  },
  {
    name: 'our client by udp',
    road: 'udp socket.io',
    farewell: LEAVES,
    isOrdered: false,
    refusal: BY_ERROR,
    create: (facts, { udp }) => new OurGuest(facts, `udp://127.0.0.1:${udp}`, { wires: [udpWire()] }),
  },
  {
    name: 'python-udp',
    road: 'udp socket.io',
    farewell: 'server shutting down',
    isOrdered: false,
    isShy: true,
    needs: apt(runs(PYTHON, '-c', 'import hmac'), 'python3'),
    refusal: undefined,
    create: (facts, { udp }) => new UdpPythonGuest(facts, udp),
  },
  {
    name: 'curl',
    road: 'sse events',
    farewell: GOES,
    needs: apt(existsSync(CURL), 'curl'),
    refusal: [JSON.stringify({ error: BY_EVENTS }), '403 application/json; charset=utf-8'],
    create: (facts, { url }) => new CurlGuest(facts, url),
  },
  {
    name: 'nc',
    road: 'tcp line',
    farewell: LEAVES,
    needs: apt(existsSync(NC), 'netcat-openbsd'),
    refusal: `! ${MAY_NOT}`,
    create: (facts, { tcp }) => new NcGuest(facts, tcp),
  },
  {
    name: 'stompjs',
    road: 'websocket stomp',
    farewell: PUT_OUT,
    refusal: BY_FRAME,
    create: (facts, { url }) => new StompJsGuest(facts, `${url.replace('http', 'ws')}/stomp`),
  },
  {
    name: 'python3-stomp',
    road: 'tcp stomp',
    farewell: PUT_OUT,
    needs: apt(runs(PYTHON, '-c', 'import stomp'), 'python3-stomp'),
    refusal: BY_FRAME,
    create: (facts, { stomp }) => new StompPythonGuest(facts, stomp),
  },
];
