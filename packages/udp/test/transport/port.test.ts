import { Socket } from 'node:dgram';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { UnavailableError } from '../../../naru/src/base/errors.js';
import { openSystemPort, type PortReceiver } from '../../src/transport/port.js';

const at = (port = 0) => ({ host: '127.0.0.1', port, isIpv6: false });

class Inbox implements PortReceiver {
  readonly datagrams: { text: string; port: number; address: string }[] = [];
  readonly errors: UnavailableError[] = [];
  strandedCount = 0;
  #wake: (() => void) | undefined;

  onDatagram(bytes: Buffer, port: number, address: string): void {
    this.datagrams.push({ text: bytes.toString(), port, address });
    this.#wake?.();
  }

  onPortError(error: UnavailableError): void {
    this.errors.push(error);
    this.#wake?.();
  }

  onPortStranded(): void {
    this.strandedCount += 1;
    this.#wake?.();
  }

  async next(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }
}

it('sends to anybody and receives from anybody', async () => {
  const [left, right] = [new Inbox(), new Inbox()];
  const [one, other] = [await openSystemPort(at(), left), await openSystemPort(at(), right)];
  const to = other.address?.port ?? 0;
  const scratch = Buffer.from('hello');
  expect(one.send(scratch, to, '127.0.0.1')).toBe('sent');
  scratch.fill(0);
  await right.next();
  expect(right.datagrams).toEqual([{ text: 'hello', port: one.address?.port, address: '127.0.0.1' }]);
  await Promise.all([one.close(), other.close()]);
  expect(one.send(scratch, to, '127.0.0.1')).toBe('dropped');
  expect(one.address).toBeUndefined();
});

it('binds to the address of a name, and reports an unknown name', async () => {
  const port = await openSystemPort({ ...at(), host: 'localhost' }, new Inbox());
  expect(port.address?.address).toBe('127.0.0.1');
  await port.close();
  await expect(openSystemPort({ ...at(), host: 'nowhere.invalid' }, new Inbox())).rejects.toMatchObject({
    code: 'IO_FAILED',
    message: expect.stringMatching(/^udp:\/\/nowhere\.invalid:0 cannot be opened: getaddrinfo /),
  });
});

it('rejects with the endpoint when the port is taken', async () => {
  const taken = await openSystemPort(at(), new Inbox());
  const port = taken.address?.port ?? 0;
  await expect(openSystemPort(at(port), new Inbox())).rejects.toMatchObject({
    code: 'ADDRESS_IN_USE',
    message: `udp://127.0.0.1:${port} is already in use`,
  });
  await taken.close();
});

it('notices a peer that is not there', async () => {
  const gone = await openSystemPort(at(), new Inbox());
  const peer = { port: gone.address?.port ?? 0, address: '127.0.0.1' };
  await gone.close();
  const inbox = new Inbox();
  const port = await openSystemPort({ ...at(), peer }, inbox);
  port.send(Buffer.from('anybody?'), peer.port, peer.address);
  await inbox.next();
  expect(inbox.errors[0]?.code).toBe('IO_FAILED');
  await port.close();
});

it('tells a client when the system has no route to its peer any more, and nothing for an oversized datagram', async () => {
  const inbox = new Inbox();
  const port = await openSystemPort({ ...at(), peer: { port: 9, address: '127.0.0.1' } }, inbox);
  const codes = ['EINVAL', 'ENETUNREACH', 'EMSGSIZE', undefined];
  const send = vi
    .spyOn(Socket.prototype, 'send')
    .mockImplementation(((_bytes: Buffer, done: (error: object | null) => void) =>
      done(codes[0] === undefined ? null : { code: codes[0] })) as never);
  while (codes.length > 0) {
    port.send(Buffer.from('x'), 9, '127.0.0.1');
    codes.shift();
  }
  send.mockRestore();
  expect([inbox.strandedCount, inbox.errors]).toEqual([2, []]);
  await port.close();
});

it('counts waiting data by itself if the runtime does not', async () => {
  const former = Object.getOwnPropertyDescriptor(Socket.prototype, 'getSendQueueCount') as PropertyDescriptor;
  Reflect.deleteProperty(Socket.prototype, 'getSendQueueCount');
  onTestFinished(() => void Object.defineProperty(Socket.prototype, 'getSendQueueCount', former));
  const [left, right] = [new Inbox(), new Inbox()];
  const [one, other] = [await openSystemPort(at(), left), await openSystemPort(at(), right)];
  const to = other.address?.port ?? 0;
  const outcomes = Array.from({ length: 1_025 }, () => one.send(Buffer.from('hello'), to, '127.0.0.1'));
  expect([outcomes[0], outcomes[1_023], outcomes[1_024]]).toEqual(['kept', 'kept', 'dropped']);
  // The system drops datagrams for which the receiver has no room, and says that it has sent them.
  const sendAgain = () => [one.send(Buffer.from('again'), to, '127.0.0.1'), right.datagrams.at(-1)?.text];
  await expect.poll(sendAgain).toEqual(['kept', 'again']);
  await Promise.all([one.close(), other.close()]);
});
