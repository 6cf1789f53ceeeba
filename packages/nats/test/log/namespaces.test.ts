import { expect, it } from 'vitest';
import { describeNats } from '../../../../test/kit/brokers/nats-server.js';
import { LogMemory } from '../../src/log/log-memory.js';
import { listNamespaces } from '../../src/log/namespaces.js';
import { NatsLog } from '../../src/log/nats-log.js';

describeNats('the namespaces in NATS', ({ parts }) => {
  it('are those of the application that have records, in all of its streams', async () => {
    const [own, other] = [await parts(), await parts()];
    const names = ['/', '/chat', '/ä {x}.*', ...Array.from({ length: 30 }, (_, n) => `/live-${n}`)];
    expect(await listNamespaces(own.connection, own.names)).toEqual([]);
    const record = { rooms: [], except: [], event: '["hello"]', attachments: [], at: own.clock.now() };
    const { methods } = new NatsLog(own, new LogMemory(own.names, own.settings));
    for (const [number, name] of names.entries())
      await methods.append({ writer: 'writer-1', number, settled: 0 }, name, [record]);
    expect(await methods.namespaces(undefined)).toEqual(names.sort());
    expect(await listNamespaces(other.connection, other.names)).toEqual([]);
  });
});
