/** The later course of a crowd: sessions are recovered, read slowly, and lose their servers. */
import { once } from 'node:events';
import { expect } from 'vitest';
import { WebSocket } from 'ws';
import { type Crowd, enter, type Guest } from './crowd.js';
import type { Place } from './places.js';

/** Connects a client again. Resolves with whether it is in its namespace, or was sent away. */
function isBack(guest: Guest): Promise<boolean> {
  return new Promise((resolve) => {
    guest.once('connect', () => resolve(true));
    for (const event of ['disconnect', 'connect_error']) guest.once(event, () => resolve(false));
    guest.connect();
  });
}

/** Clients lose their connection, and go on with their session on the same node or on another one. */
export async function comeBack({ ledger, url, broker }: Place, { guests }: Crowd): Promise<void> {
  const isOnNodes = broker !== undefined;
  const kept = guests.filter(({ io }) => `${io.opts.transports}` === 'websocket');
  for (const [at, guest] of kept.entries()) {
    guest.io.engine.close();
    await expect.poll(() => guest.connected).toBe(false);
    ledger.add('naru_sockets_left_total', 'transport close');
    ledger.add('naru_sessions_ended_total', 'websocket,transport close');
    // The crowd came to the nodes in turns, so this is another one for some, and the same for others.
    const isMoving = guest.io.uri !== undefined && guest.io.uri !== url(at + 1);
    if (isOnNodes) ledger.add('naru_recoveries_total', isMoving ? 'elsewhere' : 'here');
    if (isOnNodes && isMoving) ledger.add('naru_sessions_taken_total');
    if (isMoving) guest.io.uri = url(at + 1);
    for (let isIn = false; !isIn; ) {
      isIn = await isBack(guest);
      ledger.add('naru_sessions_opened_total', 'websocket');
      // A worker may send a client away while another worker still has its session. The client tries again.
      if (!isIn) ledger.add('naru_sessions_ended_total', 'websocket,forced close');
    }
    expect(guest.recovered).toBe(true);
    ledger.add('naru_sockets_joined_total', 'recovered');
  }
  const lost = { pid: 'AAAAAAAAAAAAAAAAAAAA', offset: '00000000001' };
  for (let count = 0; count < 2; count += 1) {
    const stranger = await enter('stock', url(count), { transports: ['websocket'], auth: lost });
    expect(stranger.recovered).toBe(false);
    ledger.add('naru_recoveries_failed_total', 'unknown');
    ledger.add('naru_sockets_joined_total', 'new');
    ledger.add('naru_sessions_opened_total', 'websocket');
    stranger.disconnect();
    ledger.add('naru_sessions_ended_total', 'websocket,transport close');
    ledger.add('naru_sockets_left_total', 'client namespace disconnect');
  }
  await ledger.agrees('naru_sessions_opened_total', 'naru_sockets_joined_total', 'naru_recoveries_failed_total');
  await ledger.agrees('naru_sessions_ended_total', 'naru_sockets_left_total', 'naru_sessions', 'naru_sockets');
  if (isOnNodes) await ledger.agrees('naru_recoveries_total', 'naru_sessions_taken_total');
}

/** Events of 100 kB. They are more than the kernel's buffers of a connection can hold, which are 36 MB by default. */
const FLOOD = 420;

/** A client stops reading, and reads on. */
export async function readSlowly({ ledger, url }: Place): Promise<void> {
  const socket = new WebSocket(`${url().replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
  const heard: string[] = [];
  socket.on('message', (data) => {
    const text = `${data}`;
    heard.push(text.slice(0, 40));
    if (text === '2') socket.send('3');
  });
  await once(socket, 'open');
  socket.send('40');
  await expect.poll(() => heard.find((text) => text.startsWith('40'))).toBeDefined();
  const id = /"sid":"([^"]+)"/.exec(heard.find((text) => text.startsWith('40')) ?? '')?.[1];
  socket.send(`420${JSON.stringify(['enter', `slow ${id}`])}`);
  await expect.poll(() => heard).toContain('430[]');
  ledger.add('naru_sessions_opened_total', 'websocket');
  ledger.add('naru_sockets_joined_total', 'new');
  await ledger.begin('naru_log_records_appended_total');
  socket.pause();
  socket.send(`42${JSON.stringify(['flood', FLOOD])}`);
  ledger.add('naru_log_records_appended_total', '', FLOOD);
  ledger.add('naru_slow_readers');
  await ledger.agrees('naru_slow_readers', 'naru_log_records_appended_total');
  // The kernel's buffers grow, so the client may have been slow more than once before it is slow for good.
  await ledger.begin('naru_slow_readers_began_total', 'naru_slow_readers_ended_total');
  const ended = ledger.number('naru_slow_readers_ended_total');
  expect(ledger.number('naru_slow_readers_began_total', 'catch-up')).toBe(ended + 1);
  socket.resume();
  ledger.add('naru_slow_readers', '', -1);
  ledger.add('naru_slow_readers_ended_total');
  await ledger.agrees('naru_slow_readers', 'naru_slow_readers_began_total', 'naru_slow_readers_ended_total');
  await expect.poll(() => heard.filter((text) => text.startsWith('42["flood"')).length).toBe(FLOOD);
  socket.close();
  ledger.add('naru_sessions_ended_total', 'websocket,transport close');
  ledger.add('naru_sockets_left_total', 'transport close');
  await ledger.agrees('naru_sessions_ended_total', 'naru_sockets_left_total');
}

/** Redis stands still while events are sent. */
export async function waitForHome({ ledger, broker }: Place, { guests }: Crowd): Promise<void> {
  if (!broker) return;
  const [guest] = guests as [Guest];
  await ledger.begin('naru_log_records_appended_total', 'naru_log_records_heard_total');
  await ledger.begin('naru_events_sent_total', 'naru_log_appends_refused_total');
  broker.stall();
  void guest.emitWithAck('all', 25).catch(() => undefined);
  ledger.add('naru_log_flights');
  ledger.add('naru_log_events_waiting', '', 25);
  await ledger.agrees('naru_log_flights', 'naru_log_events_waiting');
  broker.goOn();
  ledger.add('naru_log_flights', '', -1);
  ledger.add('naru_log_events_waiting', '', -25);
  ledger.add('naru_log_records_appended_total', '', 25);
  ledger.add('naru_events_sent_total', '', 25);
  // Both other nodes have clients in the namespace.
  ledger.add('naru_log_records_heard_total', '', 50);
  await ledger.agrees('naru_log_flights', 'naru_log_events_waiting', 'naru_log_records_appended_total');
  await ledger.agrees('naru_log_records_heard_total', 'naru_events_sent_total', 'naru_log_appends_refused_total');
}

/** The crowd goes. */
export async function leave({ ledger }: Place, { guests, plain, streams }: Crowd): Promise<void> {
  for (const { io } of guests) {
    const [first = ''] = io.opts.transports ?? [];
    const wire = first === '' ? 'tcp' : io.engine.transport.name;
    ledger.add('naru_sessions_ended_total', `${wire},transport close`);
    ledger.add('naru_sockets_left_total', 'client namespace disconnect');
  }
  for (const guest of guests) guest.disconnect();
  for (const [at, one] of [...plain, ...streams].entries()) {
    one.end();
    const wire = at < 3 ? 'tcp' : 'websocket';
    ledger.add('naru_sessions_ended_total', `${at < plain.length ? wire : 'sse'},transport close`);
    ledger.add('naru_sockets_left_total', 'transport close');
  }
  for (const [wire, count] of [
    ['polling', 7],
    ['websocket', 15],
    ['sse', 5],
    ['tcp', 7],
  ] as const)
    ledger.add('naru_sessions', wire, -count);
  ledger.add('naru_sockets', '', -34);
  await ledger.agrees('naru_sessions_ended_total', 'naru_sockets_left_total', 'naru_sessions', 'naru_sockets');
}

/** One client is alone, so that it can weigh everything that is sent. */
export async function weigh({ ledger, url }: Place): Promise<void> {
  await ledger.begin('naru_messages_received_total', 'naru_received_bytes_total');
  await ledger.begin('naru_packets_sent_total', 'naru_sent_bytes_total');
  const socket = new WebSocket(`${url().replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
  const heard: string[] = [];
  const say = (text: string): void => {
    socket.send(text);
    if (!text.startsWith('4')) return;
    ledger.add('naru_messages_received_total');
    ledger.add('naru_received_bytes_total', '', text.length - 1);
  };
  socket.on('message', (data) => {
    const text = `${data}`;
    heard.push(text.slice(0, 20));
    // The session begins after the answer to the handshake.
    if (text.startsWith('0')) return;
    ledger.add('naru_packets_sent_total');
    ledger.add('naru_sent_bytes_total', '', text.length);
    if (text === '2') say('3');
  });
  await once(socket, 'open');
  say('40');
  await expect.poll(() => heard.find((text) => text.startsWith('40'))).toBeDefined();
  for (let at = 0; at < 20; at += 1) say(`42${at}${JSON.stringify(['ask'])}`);
  say(`42${JSON.stringify(['tell', 'ü'.repeat(1_000)])}`);
  await expect.poll(() => heard.some((text) => text.startsWith('42["told"'))).toBe(true);
  socket.close();
  ledger.add('naru_sessions_ended_total', 'websocket,transport close');
  ledger.add('naru_sessions_opened_total', 'websocket');
  await ledger.agrees('naru_sessions_opened_total', 'naru_sessions_ended_total');
  await ledger.agrees('naru_messages_received_total', 'naru_received_bytes_total');
  await ledger.agrees('naru_packets_sent_total', 'naru_sent_bytes_total');
}

/** One node sends its clients away, and another one is killed. */
export async function loseNodes(place: Place): Promise<void> {
  const { ledger, programs, nodes } = place;
  ledger.add('naru_nodes_came_total', '', nodes * (nodes - 1));
  await ledger.agrees('naru_nodes_came_total', 'naru_nodes_went_total', 'naru_drains_began_total');
  if (!place.broker) return;
  await ledger.begin('naru_sockets_left_total');
  const guest = await enter('stock', place.url(), { transports: ['websocket'] });
  const gone = new Promise((resolve) => guest.once('disconnect', resolve));
  guest.emit('drain');
  await gone;
  ledger.add('naru_sockets_left_total', 'server shutting down');
  ledger.add('naru_drains_began_total');
  ledger.add('naru_drains_ended_total');
  ledger.add('naru_ready', '', -1);
  ledger.add('naru_not_ready', 'closing');
  await ledger.agrees('naru_drains_began_total', 'naru_drains_ended_total', 'naru_ready', 'naru_not_ready');
  await ledger.agrees('naru_sockets_left_total');
  programs[2]?.child.kill('SIGKILL');
  // The killed node saw two come.
  ledger.add('naru_nodes_came_total', '', -2);
  ledger.add('naru_nodes_went_total', 'lost', 2);
  await ledger.agrees('naru_nodes_came_total', 'naru_nodes_went_total');
}
