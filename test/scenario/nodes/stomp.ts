/** Stock STOMP clients of server processes. */
import { Client } from '@stomp/stompjs';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import type { Node } from './nodes.js';

/** Connects a client. */
export async function openStomp({ port }: Node): Promise<Client> {
  const client = new Client({
    webSocketFactory: () => new WebSocket(`ws://127.0.0.1:${port}/stomp`) as never,
    connectHeaders: { host: '/' },
    reconnectDelay: 0,
  });
  onTestFinished(async () => client.deactivate({ force: true }));
  await new Promise<void>((resolve) => {
    client.onConnect = () => resolve();
    client.activate();
  });
  return client;
}

/** Resolves when the server has done what `send` asks for. */
export function done(client: Client, send: (headers: { receipt: string }) => void): Promise<void> {
  const receipt = `receipt-${Math.random()}`;
  return new Promise((resolve) => {
    client.watchForReceipt(receipt, () => resolve());
    send({ receipt });
  });
}
