/** The course of a crowd. Each part counts what it does, and ends when Prometheus has the same numbers. */
import { request } from 'node:http';
import { expect } from 'vitest';
import { WebSocket } from 'ws';
import { type Crowd, enter, type Guest, open } from './crowd.js';
import type { Place } from './places.js';

/** Clients talk to listeners, and listeners to clients and to rooms. */
export async function talk({ ledger }: Place, { guests, plain }: Crowd): Promise<void> {
  for (const [at, guest] of guests.entries()) {
    for (let count = 0; count <= at % 3; count += 1) {
      guest.emit('note', 'x'.repeat(at));
      ledger.add('naru_events_received_total');
    }
    expect(await guest.emitWithAck('ask')).toBe('noon');
    expect(await guest.emitWithAck('greet')).toBe('hello');
    await guest.emitWithAck('all', 2);
    ledger.add('naru_events_received_total', '', 3);
    ledger.add('naru_acknowledgements_sent_total', '', 3);
    ledger.add('naru_acknowledgements_received_total');
    // The question, and two to everybody.
    ledger.add('naru_events_sent_total', '', 3);
    ledger.add('naru_log_records_appended_total', '', 2);
  }
  for (const one of plain) {
    one.say('tell', 'back');
    await expect.poll(() => one.heard.join('')).toContain('told');
    ledger.add('naru_events_received_total');
    ledger.add('naru_events_sent_total');
    // An event to one socket is kept, too, unless it asks for an answer.
    ledger.add('naru_log_records_appended_total');
  }
  await ledger.agrees('naru_events_received_total', 'naru_events_sent_total', 'naru_log_records_appended_total');
  await ledger.agrees('naru_acknowledgements_received_total', 'naru_acknowledgements_sent_total');
  await ledger.agrees('naru_log_appends_refused_total', 'naru_log_flights', 'naru_log_events_waiting');
}

/** Sends a request, and returns the status of its answer. */
function statusOf(url: string, options: { method?: string; headers?: Record<string, string> } = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent: false, ...options }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on('error', reject).end();
  });
}

/** Strangers come who get no session. */
export async function refuseStrangers(place: Place): Promise<void> {
  const { ledger } = place;
  const polling = '/socket.io/?EIO=4&transport=polling';
  const cases: readonly (readonly [string, string, { method?: string; headers?: Record<string, string> }?])[] = [
    ['unknownTransport', '/socket.io/?EIO=4&transport=pigeon'],
    ['unknownSid', `${polling}&sid=AAAAAAAAAAAAAAAAAAAA`],
    ['badMethod', polling, { method: 'POST' }],
    ['badMethod', polling, { method: 'PUT' }],
    ['unsupportedProtocol', '/socket.io/?EIO=2&transport=polling'],
    ['badRequest', '/socket.io/?EIO=4&transport=websocket'],
    ['forbidden', polling, { headers: { 'user-agent': 'forbidden' } }],
    ['forbidden', '/events/', { headers: { origin: 'https://evil.example' } }],
  ];
  for (const [at, [reason, path, options]] of cases.entries()) {
    for (let count = 0; count <= at % 2; count += 1) {
      expect([reason, path, await statusOf(place.url(at + count) + path, options)]).not.toContain(200);
      ledger.add('naru_handshakes_refused_total', reason);
    }
  }
  for (const namespace of ['closed', 'nowhere', 'closed']) {
    const stranger = open('stock', `${place.url()}/${namespace}`, { transports: ['websocket'] });
    await new Promise((resolve) => stranger.once('connect_error', resolve));
    stranger.disconnect();
    ledger.add('naru_sockets_refused_total');
    ledger.add('naru_sessions_opened_total', 'websocket');
    ledger.add('naru_sessions_ended_total', 'websocket,transport close');
  }
  await ledger.agrees('naru_handshakes_refused_total', 'naru_sockets_refused_total', 'naru_sockets_joined_total');
}

/** Clients ask for what they may not have, and do too much. */
export async function goTooFar(place: Place, { guests }: Crowd): Promise<void> {
  const { ledger } = place;
  const [one, other] = guests.filter(({ io }) => io.engine.transport.name === 'websocket') as [Guest, Guest];
  expect(await one.emitWithAck('naru:subscribe', 'staff')).toMatchObject({ error: { code: 'FORBIDDEN' } });
  ledger.add('naru_permissions_refused_total', 'subscribe,FORBIDDEN');
  expect(await one.emitWithAck('naru:subscribe', 'lobby')).not.toHaveProperty('error');
  ledger.add('naru_rooms');
  for (let count = 0; count < 5; count += 1) other.emit('refused');
  ledger.add('naru_limits_reached_total', 'refuse', 3);
  for (let count = 0; count < 3; count += 1) other.emit('waited');
  ledger.add('naru_limits_reached_total', 'wait', 2);
  const flooding = await enter('stock', place.url(1), { transports: ['websocket'] });
  ledger.add('naru_sockets_joined_total', 'new');
  ledger.add('naru_sessions_opened_total', 'websocket');
  const ended = new Promise((resolve) => flooding.once('disconnect', resolve));
  for (let count = 0; count < 2; count += 1) flooding.emit('ended');
  await ended;
  ledger.add('naru_limits_reached_total', 'end');
  ledger.add('naru_sockets_left_total', 'server namespace disconnect');
  ledger.add('naru_sessions_ended_total', 'websocket,forced close');
  await ledger.agrees('naru_permissions_refused_total', 'naru_limits_reached_total', 'naru_rooms');
  await ledger.agrees('naru_sockets_left_total', 'naru_sessions_ended_total');
}

/** A client whose sessions end as `how` says. It opens one, and counts it. */
const ENDS: readonly {
  readonly wire: string;
  readonly session: string;
  readonly socket: string;
  end(place: Place): Promise<void>;
}[] = [
  {
    wire: 'websocket',
    session: 'transport close',
    socket: 'client namespace disconnect',
    end: async (place) => void (await enter('stock', place.url(), { transports: ['websocket'] })).disconnect(),
  },
  {
    wire: 'tcp',
    session: 'transport close',
    socket: 'client namespace disconnect',
    end: async (place) => void (await enter('ours', place.tcp())).disconnect(),
  },
  {
    wire: 'websocket',
    session: 'forced close',
    socket: 'server namespace disconnect',
    end: async (place) => void (await enter('stock', place.url(), { transports: ['websocket'] })).emit('leave', true),
  },
  {
    wire: 'websocket',
    session: 'transport close',
    socket: 'server namespace disconnect',
    end: async (place) => {
      const guest = await enter('stock', place.url(), { transports: ['websocket'] });
      guest.once('disconnect', () => guest.disconnect());
      guest.emit('leave', false);
    },
  },
  {
    wire: 'websocket',
    session: 'transport close',
    socket: 'transport close',
    end: async (place) => void (await openRaw(place)).close(),
  },
  {
    wire: 'websocket',
    session: 'parse error',
    socket: 'parse error',
    end: async (place) => void (await openRaw(place)).send('no packet'),
  },
  { wire: 'websocket', session: 'ping timeout', socket: 'ping timeout', end: async (place) => void openRaw(place) },
];

/** Opens a WebSocket that answers no ping, and joins the main namespace. */
async function openRaw(place: Place): Promise<WebSocket> {
  const socket = new WebSocket(`${place.url().replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('message', (data) => {
      if (`${data}`.startsWith('0')) socket.send('40');
      if (`${data}`.startsWith('40')) resolve();
    });
  });
  return socket;
}

/** Sessions end in all ways. */
export async function endSessions(place: Place): Promise<void> {
  const { ledger } = place;
  for (const { wire, session, socket, end } of ENDS) {
    await end(place);
    ledger.add('naru_sessions_opened_total', wire);
    ledger.add('naru_sockets_joined_total', 'new');
    ledger.add('naru_sessions_ended_total', `${wire},${session}`);
    ledger.add('naru_sockets_left_total', socket);
  }
  await ledger.agrees('naru_sessions_ended_total', 'naru_sockets_left_total', 'naru_sessions_opened_total');
  await ledger.agrees('naru_sessions', 'naru_sockets', 'naru_rooms', 'naru_sockets_joined_total');
}
