// needs: modules
/** STOMP clients of a server with a guard: what they hear of persons, and what becomes of them with fewer rights. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client, type IMessage } from '@stomp/stompjs';
import { expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { protect, user } from '../../../packages/guard/src/entry/index.js';
import { Server } from '../../../packages/naru/src/entry/index.js';
import { stomp } from '../../../packages/stomp/src/entry/index.js';

const HOUR_MS = 3_600_000;

/** Returns the text of a token with rights to rooms. */
function tokenOf(rooms: object): string {
  const now = Date.now();
  return JSON.stringify({ user: '42', issuedAt: now, expiresAt: now + HOUR_MS, claims: { rooms } });
}

async function build() {
  const http = createServer();
  const io = new Server(http, { wires: [stomp()] });
  onTestFinished(() => io.close());
  protect(io, { tokens: (token) => JSON.parse(token), rights: 'rooms' });
  io.allow({ subscribe: true, publish: true });
  await new Promise<void>((resolve) => void http.listen(0, '127.0.0.1', resolve));
  const url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}/stomp`;
  const heard: IMessage[] = [];
  const errors: (string | undefined)[] = [];
  const client = new Client({
    brokerURL: url,
    webSocketFactory: () => new WebSocket(url, 'v12.stomp') as never,
    connectHeaders: { host: '/', passcode: tokenOf({ 'chat:*': ['subscribe'] }) },
    reconnectDelay: 0,
    onStompError: ({ headers }) => errors.push(headers.code),
  });
  const connected = new Promise<void>((resolve) => {
    client.onConnect = () => resolve();
  });
  client.activate();
  onTestFinished(() => client.deactivate({ force: true }));
  await connected;
  const subscribe = async (destination: string): Promise<void> => {
    const receipt = `at ${destination}`;
    const done = new Promise<void>((resolve) => client.watchForReceipt(receipt, () => resolve()));
    client.subscribe(destination, (message) => heard.push(message), { receipt });
    await done;
  };
  const renew = (rooms: object): void =>
    client.publish({ destination: '/app/naru:token', body: tokenOf(rooms), headers: { 'content-type': 'text/plain' } });
  return { io, client, heard, errors, subscribe, renew };
}

it('a STOMP client hears what a person is sent, without the name of the room of that person', async () => {
  const { io, heard, subscribe } = await build();
  await subscribe('/user/queue/friend');
  io.to(user('42')).emit('friend', 'hello');
  await expect.poll(() => heard.length).toBe(1);
  expect(heard[0]?.body).toBe('["hello"]');
  expect(JSON.stringify(heard[0]?.headers)).not.toContain('naru:user');
});

it('a STOMP client with fewer rights has to connect again, and one with as many stays', async () => {
  const { client, errors, heard, io, subscribe, renew } = await build();
  await subscribe('/topic/chat:1');
  renew({ 'chat:*': ['subscribe', 'history'] });
  await expect
    .poll(() => {
      io.to('chat:1').emit('said', 'hello');
      return heard.length;
    })
    .toBeGreaterThan(2);
  expect([client.connected, errors]).toEqual([true, []]);
  renew({ 'other:*': ['subscribe'] });
  await expect.poll(() => errors).toEqual(['NO_RIGHT']);
  await expect.poll(() => client.connected).toBe(false);
});
