import { SamplingDecision } from '@opentelemetry/sdk-trace-base';
import { memoryBackplane, ZERO_OFFSET } from 'naru/backplane';
import { systemClock } from 'naru/base';
import { describe, expect, it } from 'vitest';
import { memberOf } from '../../naru/src/namespace/socket/socket.js';
import { trace } from '../src/traces.js';
import { collect, inRoot, startClient, startServer, startTraces, treeOf } from './collected-spans.js';

const memory = () => memoryBackplane(systemClock, { ageMs: 60_000, bytes: 1_000_000 });

describe('trace', () => {
  it('makes one tree of an event with an acknowledgement to one socket', async () => {
    const collected = collect();
    const { io, url } = await startServer();
    startTraces(io, collected);
    const client = await startClient(url);
    client.on('ask', (_text: string, answer: (text: string) => void) => answer('fine'));
    const [socket] = [...io.sockets.sockets.values()];
    expect(await inRoot(collected, () => socket?.timeout(2_000).emitWithAck('ask', 'how are you'))).toBe('fine');
    expect(treeOf(collected.spans())).toEqual(['root', ' send ask', '  acknowledge ask']);
  });

  it('traces the sockets that are there, and those of namespaces that come later, until it is closed', async () => {
    const collected = collect();
    const { io, url } = await startServer();
    io.of(/^\/dynamic-\d+$/).on('connection', (socket) => {
      socket.on('say', (answer: () => void) => answer());
    });
    const early = await startClient(`${url}/dynamic-1`);
    const traces = startTraces(io, collected);
    const late = await startClient(`${url}/dynamic-2`);
    await early.emitWithAck('say');
    await late.emitWithAck('say');
    const names = collected.spans().flatMap(({ attributes }) => attributes['messaging.destination.name']);
    expect(names.sort()).toEqual(['/dynamic-1', '/dynamic-1', '/dynamic-2', '/dynamic-2']);
    traces.close();
    await late.emitWithAck('say');
    expect(collected.spans()).toHaveLength(4);
  });

  it('refuses anything but servers', () => {
    expect(() => trace([])).toThrow(/needs a server of Naru/);
    expect(() => trace({} as never)).toThrow(/needs a server of Naru/);
  });
});

describe('an event of a trace that is not sampled', () => {
  it('takes no traceparent along, and makes no span on any node', async () => {
    const asked: string[] = [];
    const collected = collect({
      shouldSample: (_context, _traceId, name) => {
        asked.push(name);
        return { decision: SamplingDecision.NOT_RECORD };
      },
    });
    const backplane = memory();
    const { io, url } = await startServer({ backplane });
    startTraces(io, collected);
    const client = await startClient(url);
    const got = new Promise((resolve) => client.on('news', resolve));
    io.emit('news');
    await got;
    const { records } = await backplane.log.read('/', ZERO_OFFSET, 10);
    expect(records.map(({ trace }) => trace)).toEqual([undefined]);
    expect([asked, collected.spans()]).toEqual([['send news'], []]);
  });

  it('makes no span on a node that gets it beside the log', async () => {
    const asked: string[] = [];
    const collected = collect({
      shouldSample: (_context, _traceId, name) => {
        asked.push(name);
        return { decision: SamplingDecision.NOT_RECORD };
      },
    });
    const options = { backplane: memory(), withoutLog: ['/'] };
    const [one, two] = [await startServer(options), await startServer(options)];
    startTraces([one.io, two.io], collected);
    const client = await startClient(two.url);
    const got = new Promise((resolve) => client.on('news', resolve));
    one.io.emit('news', 1);
    expect(await got).toBe(1);
    expect([asked, collected.spans()]).toEqual([['send news'], []]);
  });

  it('is what all events are without an SDK', async () => {
    const backplane = memory();
    const { io, url } = await startServer({ backplane });
    const traces = trace(io);
    const client = await startClient(url);
    const got = new Promise((resolve) => client.on('news', resolve));
    io.emit('news');
    await got;
    traces.close();
    expect((await backplane.log.read('/', ZERO_OFFSET, 10)).records[0]?.trace).toBeUndefined();
  });
});

describe('the spans of all that a server does', () => {
  it('have no sid, no pid, no token, no key and no argument in them', async () => {
    const collected = collect();
    const { io, url } = await startServer({ backplane: memory(), connectionStateRecovery: {} });
    startTraces(io, collected, { clients: true });
    io.use((_socket, next) => next());
    io.on('connection', (socket) => {
      socket.join('naru:user:secret');
      socket.on('say', (_text: string, answer: (text: string) => void) => {
        io.key('secret key').to('a room').emit('said', 'a secret');
        io.by('secret person').emit('said', { secret: true });
        answer('a secret');
      });
    });
    const client = await startClient(url, { auth: { token: 'secret token' } });
    const { id: sid } = client.io.engine as { id: string };
    await client.emitWithAck('say', 'a secret');
    const [{ pid } = { pid: '' }] = [...io.sockets.sockets.values()].map((socket) => ({
      pid: memberOf(socket).pid ?? '',
    }));
    expect([sid.length > 0, pid.length > 0]).toEqual([true, true]);
    const names = collected.spans().map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['process say', 'send said', 'append /', 'acknowledge say']));
    const all = JSON.stringify(
      collected.exporter.getFinishedSpans().map(({ name, attributes, events, links, status }) => ({
        ...{ name, attributes, events, links, status },
      })),
    );
    for (const secret of ['secret', sid, pid]) expect(all).not.toContain(secret);
  });
});
