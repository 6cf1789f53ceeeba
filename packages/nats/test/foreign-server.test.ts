import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fixedPort } from '../../../test/kit/ports.mjs';
import { systemClock } from '../../naru/src/base/clock.js';
import { FakeClock } from '../../testing/src/fake-clock.js';
import { foreignAnswer } from '../src/foreign-server.js';

/** Starts a program that meets each connection in its way, and returns where it listens. */
async function listen(meet: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => meet(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const answering = (text: string) => listen((socket) => void socket.once('data', () => socket.end(text)));

describe('foreignAnswer', () => {
  it('returns the first line of what another program answers, as it can be shown', async () => {
    expect(await foreignAnswer([await answering('+PONG\r\nmore')], systemClock)).toBe('+PONG');
    expect(await foreignAnswer([await answering(`\x15\x03${'x'.repeat(100)}`)], systemClock)).toBe(
      `??${'x'.repeat(38)}`,
    );
  });

  it('returns nothing if one of the servers may be a NATS', async () => {
    const other = await answering('+PONG\r\n');
    const nats = await listen((socket) => void socket.write('INFO {}\r\n'));
    for (const servers of [[nats], [other, nats], [other, `127.0.0.1:${await fixedPort()}`]])
      expect(await foreignAnswer(servers, systemClock)).toBeUndefined();
  });

  it('returns nothing for a program that says nothing for a second, or closes the connection', async () => {
    expect(await foreignAnswer([await listen((socket) => socket.destroy())], systemClock)).toBeUndefined();
    const clock = new FakeClock();
    const silent = foreignAnswer([await listen((socket) => onTestFinished(() => void socket.destroy()))], clock);
    await clock.advance(1_000);
    expect(await silent).toBeUndefined();
  });
});
