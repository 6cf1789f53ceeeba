/** Opens a folder that version 0.1 wrote (write-folder.mjs), and continues with it. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { expect, it, onTestFinished } from 'vitest';
import { type LocalBackplane, local } from '../../../packages/local/src/local-backplane.js';
import { FakeClock, TestServer } from '../../../packages/testing/src/entry/index.js';
import { RawClient } from '../../kit/clients/raw-client.js';
import { Stage } from '../../kit/clients/stomp-tester.js';
import { makeFolder } from '../../kit/folders.js';

const fileOf = (name: string): Buffer => readFileSync(fileURLToPath(new URL(name, import.meta.url)));
const facts = JSON.parse(fileOf('folder-0.1.json').toString());
const after = '00000000000';

/** Opens a copy of the folder, ten seconds after version 0.1 began to write it. */
function open(clock = new FakeClock({ startAt: facts.startAt + 10_000 })): {
  backplane: LocalBackplane;
  clock: FakeClock;
} {
  const folder = makeFolder({ 'data.mdb': gunzipSync(fileOf('folder-0.1.mdb.gz')) });
  const backplane = local(folder, { clock });
  onTestFinished(() => backplane.close());
  return { backplane, clock };
}

function serve(): { server: TestServer; backplane: LocalBackplane } {
  const { backplane, clock } = open();
  const server = new TestServer({
    clock,
    server: { backplane, connectionStateRecovery: { maxDisconnectionDuration: 3_600_000 } },
  });
  onTestFinished(() => server.close());
  return { server, backplane };
}

async function visit({ server }: { server: TestServer }, connect: string): Promise<RawClient> {
  const client = await RawClient.open(server, { answersPings: true });
  client.send(connect);
  await server.clock.settle();
  return client;
}

const shown = (backplane: LocalBackplane, namespace: string) =>
  backplane.log.read(namespace, after, 1_000).records.map(({ attachments, key, ...record }) => ({
    ...record,
    ...(key !== undefined && { key }),
    attachments: attachments.map((bytes) => Buffer.from(bytes).toString('base64')),
  }));

it('reads the whole log, and appends after it', () => {
  const { backplane, clock } = open();
  const { log } = backplane;
  expect(log.namespaces().sort()).toEqual(Object.keys(facts.records).sort());
  for (const namespace of log.namespaces()) {
    expect(shown(backplane, namespace)).toEqual(facts.records[namespace]);
    expect(log.verify(namespace).faults).toEqual([]);
    expect(log.read(namespace, after, 1_000).hasGap).toBe(false);
    for (const { offset } of facts.records[namespace]) expect(log.knows(namespace, offset)).toBe(true);
    const record = { rooms: ['new'], except: [], event: '["new"]', attachments: [Uint8Array.of(1)], at: clock.now() };
    const { offsets, previous } = log.append(namespace, [record]);
    expect(previous).toBe(facts.records[namespace].at(-1).offset);
    expect((offsets[0] as string) > previous).toBe(true);
    const added = { ...record, offset: offsets[0], attachments: ['AQ=='] };
    expect(shown(backplane, namespace)).toEqual([...facts.records[namespace], added]);
    expect(log.verify(namespace).faults).toEqual([]);
  }
});

it('recovers a client of version 0.1, with all events that it missed', async () => {
  const stage = serve();
  const client = await visit(stage, `40${JSON.stringify({ pid: facts.pid, offset: facts.offset })}`);
  const [, answer, , ...missed] = client.received;
  expect(answer).toBe(`40${JSON.stringify({ sid: facts.id, pid: facts.pid })}`);
  const [socket] = await stage.server.io.fetchSockets();
  expect([[...(socket?.rooms ?? [])], socket?.data]).toEqual([[facts.id, 'harbour', 'käfig 1'], { name: 'ada' }]);
  const offsetOf = (n: number): string => facts.records['/'].at(n).offset;
  expect([client.received[2], ...missed]).toEqual([
    `451-["missed",1,{"_placeholder":true,"num":0},"${offsetOf(-3)}"]`,
    Buffer.of(9),
    `42["missed",2,"${offsetOf(-2)}"]`,
  ]);
  stage.server.io.to('harbour').emit('now');
  await stage.server.clock.settle();
  expect(client.texts.at(-1)).toMatch(/^42\["now","\w{11}"\]$/);
  client.close();
});

it('remembers an answer to an event with a key', async () => {
  const stage = serve();
  let count = 0;
  stage.server.io.on('connection', (socket) => {
    socket.on('order', (_tea: number, done: (answer: string) => void) => {
      count += 1;
      done('again');
    });
  });
  const client = await visit(stage, '40');
  client.send(`421${JSON.stringify(['naru:once', facts.key, 'order', 2])}`);
  await stage.server.clock.settle();
  expect([count, client.received.slice(-2)]).toEqual([
    0,
    ['461-1[{"tea":2,"bytes":{"_placeholder":true,"num":0}}]', Buffer.of(1, 2, 3)],
  ]);
  client.send(`422${JSON.stringify(['naru:once', 'another key of 20 chars', 'order', 2])}`);
  await stage.server.clock.settle();
  expect([count, client.texts.at(-1)]).toEqual([1, '432["again"]']);
  client.close();
});

it('begins presence anew', async () => {
  const { server } = serve();
  const harbour = server.io.presence('harbour');
  harbour.on('leave', () => undefined);
  await server.clock.settle();
  expect(await harbour.list()).toEqual([]);
});

it('continues a durable subscription of STOMP after its last ACK', async () => {
  const { backplane } = open();
  const stage = new Stage({}, { backplane });
  stage.io.allow({ subscribe: true, history: true });
  const client = await stage.connect();
  const headers = { id: '1', destination: '/topic/orders', ack: 'client', durable: facts.durable };
  const frames = await client.send('SUBSCRIBE', headers);
  expect(frames.map(({ command, body }) => [command, body])).toEqual([['MESSAGE', '["second"]']]);
  await stage.io.close();
});
