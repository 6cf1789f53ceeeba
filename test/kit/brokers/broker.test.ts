import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeFolder } from '../folders.js';
import { fixedPort } from '../ports.mjs';
import { Broker, type BrokerKind, whyNoBroker } from './broker.mjs';

const KINDS: readonly BrokerKind[] = ['redis', 'nats'];

for (const kind of KINDS) {
  const why = whyNoBroker(kind);
  if (why) console.warn(`Skipped: ${why}`);
}

async function start(kind: BrokerKind, name = 'broker', more: readonly string[] = []): Promise<Broker> {
  const broker = new Broker(kind, join(makeFolder({}), name), more);
  onTestFinished(() => broker.kill());
  await broker.start();
  return broker;
}

describe.each(KINDS.filter((kind) => whyNoBroker(kind) === undefined))('the broker %s', (kind) => {
  it('comes back on its port after a crash', async () => {
    const broker = await start(kind);
    const { url } = broker;
    await broker.kill();
    await broker.start();
    expect(broker.url).toBe(url);
    expect(broker.cpuMs).toBeGreaterThanOrEqual(0);
  });

  it('takes another port if another program has taken its port meanwhile', async () => {
    const first = await start(kind, 'first');
    const ports = [first.port, await fixedPort()];
    const second = new Broker(kind, join(makeFolder({}), 'second'), [], {}, async () => Number(ports.shift()));
    onTestFinished(() => second.kill());
    await second.start();
    expect([second.port === first.port, ports]).toEqual([false, []]);
    expect(second.cpuMs).toBeGreaterThanOrEqual(0);
  });

  it('answers again after a standstill', async () => {
    const broker = await start(kind);
    broker.stall();
    const answer = broker.say('PING');
    broker.goOn();
    expect(await answer).toMatch(kind === 'redis' ? /^\+PONG/ : /^INFO/);
  });
});

describe.skipIf(whyNoBroker('redis') !== undefined)('redis', () => {
  it('keeps its keys over a crash', async () => {
    const broker = await start('redis');
    await broker.say('SET key kept');
    await broker.kill();
    await broker.start();
    expect(await broker.say('STRLEN key')).toBe(':4');
  });

  it('says why it does not start', async () => {
    await expect(start('redis', 'broker', ['--no-such-option', '1'])).rejects.toThrow(
      /redis-server ended with 1: .*no-such-option/s,
    );
  });
});
