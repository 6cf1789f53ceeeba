import { expect, it } from 'vitest';
import { FakeClock } from '../../packages/testing/src/fake-clock.js';
import type { PortReceiver } from '../../packages/udp/src/transport/port.js';
import { DatagramNetwork } from './datagram-network.js';

class Inbox implements PortReceiver {
  readonly texts: string[] = [];
  onDatagram(bytes: Buffer): void {
    this.texts.push(bytes.toString());
  }
  onPortError(): void {}
}

const send = async (options: ConstructorParameters<typeof DatagramNetwork>[1], count = 1_000) => {
  const clock = new FakeClock();
  const network = new DatagramNetwork(clock, options);
  const inbox = new Inbox();
  const port = await network.open({ host: '0.0.0.0', port: 7, isIpv6: false }, inbox);
  const sender = await network.open({ host: '0.0.0.0', port: 0, isIpv6: false }, new Inbox());
  const at = port.address?.address ?? '';
  for (let index = 0; index < count; index += 1) sender.send(Buffer.from(String(index)), 7, at);
  await clock.advance(1_000);
  return { network, texts: inbox.texts, port, sender };
};

it('is perfect by default', async () => {
  const { texts } = await send({});
  expect(texts).toEqual(Array.from({ length: 1_000 }, (_, index) => String(index)));
});

it('loses, doubles and reorders at the given rates, and repeats itself for the same seed', async () => {
  const lossy = await send({ seed: 3, loss: 0.3 });
  expect(lossy.texts.length).toBeGreaterThan(600);
  expect(lossy.texts.length).toBeLessThan(800);
  expect((await send({ seed: 3, loss: 0.3 })).texts).toEqual(lossy.texts);
  const doubled = await send({ seed: 4, duplication: 0.5 });
  expect(doubled.texts.length).toBeGreaterThan(1_400);
  const reordered = await send({ seed: 5, delayMs: [1, 50] });
  expect(reordered.texts).not.toEqual([...reordered.texts].sort((a, b) => Number(a) - Number(b)));
});

it('carries nothing to or from a closed port, and throws for invalid chances', async () => {
  const { network, texts, port, sender } = await send({}, 1);
  await port.close();
  expect(sender.send(Buffer.from('x'), 7, '10.0.0.1')).toBe('sent');
  await sender.close();
  expect(sender.send(Buffer.from('x'), 7, '10.0.0.1')).toBe('dropped');
  expect([texts, network.sent.length]).toEqual([['0'], 2]);
  expect(() => new DatagramNetwork(new FakeClock(), { loss: 2 })).toThrow(/loss/);
});
