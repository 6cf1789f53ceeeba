import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { Server, type Socket } from 'naru';
import { memoryBackplane } from 'naru/backplane';
import { systemClock } from 'naru/base';
import { type Socket as Client, io as connect } from 'naru/client';
import { counters, handshakeRefused, sessionEnded } from 'naru/taps';
import { Registry, register } from 'prom-client';
import { Manager } from 'socket.io-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { describeWith, PROMTOOL, run } from '../../../test/conformance/events/programs.js';
import { metrics } from '../src/metrics.js';
import type { MetricsOptions } from '../src/options.js';
import { METRICS } from '../src/table.js';
import { seriesIn } from './exposition.js';
import { setSessions } from './fakes.js';

/** A server with metrics, which answers at /metrics. */
async function startServer(options: MetricsOptions = {}) {
  const http = createServer();
  const backplane = memoryBackplane(systemClock, { ageMs: 60_000, bytes: 1_000_000 });
  const io = new Server({ backplane, pingInterval: 50 });
  const measured = metrics(io, options);
  http.on('request', async ({ url }, response) => {
    if (url !== '/metrics') return;
    response.setHeader('Content-Type', measured.register?.contentType ?? '');
    response.end(await measured.register?.metrics());
  });
  io.attach(http);
  await once(http.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(async () => {
    measured.close();
    await io.close();
  });
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const read = async () => seriesIn(await (await fetch(`${url}/metrics`)).text());
  return { io, url, read, backplane, ...measured };
}

/** Connects a client, and resolves when it is in its namespace. */
async function open(url: string, transports: readonly ('polling' | 'websocket')[]): Promise<Client> {
  const client = connect(url, { transports: [...transports], forceNew: true, reconnection: false });
  onTestFinished(() => void client.disconnect());
  const onError = (error: Error, reject: (error: Error) => void): void => {
    client.disconnect();
    reject(error);
  };
  await new Promise<void>((resolve, reject) => {
    client.once('connect', resolve).once('connect_error', (error) => onError(error, reject));
  });
  return client;
}

/** Opens a meter whose numbers can be read by name and attributes. */
function openMeter() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  onTestFinished(() => provider.shutdown());
  const read = async () => {
    exporter.reset();
    await provider.forceFlush();
    const found = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((each) => each.metrics));
    const points = found.flatMap(({ descriptor, dataPoints }) =>
      dataPoints.map(({ attributes, value }) => {
        const pairs = Object.entries(attributes).map(([name, text]) => `${name}="${text}"`);
        const key = `${descriptor.name}{${pairs.sort().join(',')}}`;
        return [key, typeof value === 'number' ? value : (value as { count: number }).count] as const;
      }),
    );
    return new Map(points);
  };
  return { meter: provider.getMeter('naru'), read };
}

/** Lets clients do one of everything, and returns what was counted on the way. */
async function useEverything({ io, url }: { readonly io: Server; readonly url: string }) {
  const seen = { events: 0, acknowledgements: 0, leaves: [] as string[] };
  io.of('/shop');
  io.on('connection', (socket: Socket) => {
    void socket.join(['lobby', `only ${socket.id}`]);
    socket.onAny(() => {
      seen.events += 1;
    });
    socket.on('ask', (answer: (text: string) => void) => answer('noon'));
    socket.on('disconnect', (reason) => seen.leaves.push(reason));
  });
  const [ws, upgrading, polling] = [
    await open(url, ['websocket']),
    await open(url, ['polling', 'websocket']),
    await open(url, ['polling']),
  ];
  await expect.poll(() => upgrading.io.engine.transport.name).toBe('websocket');
  for (let at = 0; at < 5; at += 1) ws.emit('say', 'x'.repeat(1_000));
  expect([await ws.emitWithAck('ask'), await polling.emitWithAck('ask')]).toEqual(['noon', 'noon']);
  for (const client of [ws, upgrading])
    client.on('greet', (answer: () => void) => {
      seen.acknowledgements += 1;
      answer();
    });
  const [socket, other] = [ws, upgrading].map(({ id = '' }) => io.sockets.sockets.get(id)) as [Socket, Socket];
  await Promise.all([socket.emitWithAck('greet'), other.emitWithAck('greet'), other.emitWithAck('greet')]);
  io.to('lobby').emit('all');
  io.emit('all');
  await expect(polling.timeout(2_000).subscribe('staff')).rejects.toMatchObject({ reason: 'FORBIDDEN' });
  const stranger = await open(`${url}/shop`, ['websocket']);
  await expect(open(`${url}/nowhere`, ['websocket'])).rejects.toMatchObject({ code: 'CONNECT_FAILED' });
  for (const query of ['transport=pigeon', 'transport=pigeon', 'transport=polling&sid=unknown'])
    expect((await fetch(`${url}/socket.io/?EIO=4&${query}`)).status).toBe(400);
  polling.disconnect();
  await expect.poll(() => io.engine.clientsCount).toBe(3);
  return { seen, ws, upgrading, stranger };
}

describe('metrics', () => {
  it('gives the numbers that were counted by hand, over HTTP', async () => {
    const server = await startServer({ register: new Registry() });
    const { io, backplane, read } = server;
    const before = { ...counters };
    const { seen } = await useEverything(server);
    const beats = async (): Promise<number> => (await read()).get('naru_round_trip_seconds_count') ?? 0;
    await expect.poll(beats).toBeGreaterThan(5);
    const numbers = await read();
    const risen = Object.fromEntries([...numbers].filter(([, value]) => value !== 0));
    const { counts } = io.backplane as NonNullable<typeof io.backplane>;
    expect(backplane.name).toBe('memory');
    expect(seen).toMatchObject({ events: 7, acknowledgements: 3, leaves: ['client namespace disconnect'] });
    expect(risen).toMatchObject({
      'naru_sessions{wire="websocket"}': 3,
      'naru_sessions_opened_total{wire="polling"}': 2,
      // That of the namespace that does not exist was one of them.
      'naru_sessions_opened_total{wire="websocket"}': 3,
      'naru_upgrades_total{from="polling",to="websocket"}': 1,
      'naru_handshakes_refused_total{reason="unknownTransport"}': 2,
      'naru_handshakes_refused_total{reason="unknownSid"}': 1,
      naru_sockets: 3,
      'naru_sockets_joined_total{session="new"}': 4,
      'naru_sockets_left_total{reason="client namespace disconnect"}': seen.leaves.length,
      naru_sockets_refused_total: 1,
      naru_namespaces: 2,
      // Own rooms of three sockets, two rooms of one socket each, and the lobby.
      naru_rooms: 6,
      // The request to join a room is an event of Naru itself.
      naru_events_received_total: before.eventsIn + seen.events + 1,
      naru_events_sent_total: before.eventsOut + 5,
      naru_acknowledgements_received_total: before.acknowledgementsIn + seen.acknowledgements,
      naru_acknowledgements_sent_total: before.acknowledgementsOut + 3,
      naru_log_appends_total: counts.appends,
      naru_log_records_appended_total: counts.recordsAppended,
      naru_log_appended_bytes_total: counts.bytesAppended,
      'naru_backplane_state{state="up"}': 1,
      naru_ready: 1,
      'naru_permissions_refused_total{act="subscribe",code="FORBIDDEN"}': 1,
    });
    expect(counts.recordsAppended).toBeGreaterThanOrEqual(2);
    // Heartbeats go on while this reads, so these are compared with the counters afterwards.
    expect(numbers.get('naru_messages_received_total')).toBeGreaterThanOrEqual(before.messagesIn + 7 + 3);
    expect(numbers.get('naru_messages_received_total')).toBeLessThanOrEqual(counters.messagesIn);
    expect(numbers.get('naru_received_bytes_total')).toBeGreaterThan(before.bytesIn + 5_000);
    expect(numbers.get('naru_received_bytes_total')).toBeLessThanOrEqual(counters.bytesIn);
    expect(numbers.get('naru_sent_bytes_total')).toBeGreaterThan(numbers.get('naru_packets_sent_total') ?? 0);
    const sessions = [...numbers].filter(([name]) => name.startsWith('naru_sessions{')).map(([, count]) => count);
    expect(sessions.reduce((one, other) => one + other, 0)).toBe(io.engine.clientsCount);
  });

  it('gives both exporters the same numbers', async () => {
    const { meter, read: readMeter } = openMeter();
    const server = await startServer({ register: new Registry(), meter });
    const { ws, upgrading, stranger } = await useEverything(server);
    for (const client of [ws, upgrading, stranger]) client.disconnect();
    await expect.poll(() => server.io.engine.clientsCount).toBe(0);
    const [one, other] = [await server.read(), await readMeter()];
    expect(other.size).toBeGreaterThan(60);
    for (const { name, otel, kind } of METRICS.filter(({ name }) => name !== 'naru_event_loop_delay_seconds')) {
      const own = kind === 'histogram' ? `${name}_count` : name;
      const isOwn = ([key]: readonly [string, number]): boolean => key === own || key.startsWith(`${own}{`);
      const prometheus = [...one].filter(isOwn).map(([key, value]) => [key.slice(own.length) || '{}', value]);
      const points = [...other].filter(([key]) => key.startsWith(`${otel}{`));
      const opentelemetry = points.map(([key, value]) => [key.slice(otel.length), value]);
      // A histogram without a time is nothing to OpenTelemetry.
      if (kind !== 'histogram' || opentelemetry.length > 0) expect([name, prometheus]).toEqual([name, opentelemetry]);
    }
  });

  it('follows a server that drains and ends', async () => {
    const server = await startServer({ register: new Registry() });
    await open(server.url, ['websocket']);
    await server.io.drain({ withinMs: 50 });
    const numbers = await server.read();
    expect(numbers.get('naru_drains_began_total')).toBe(1);
    expect(numbers.get('naru_drains_ended_total')).toBe(1);
    expect(numbers.get('naru_not_ready{reason="closing"}')).toBe(1);
    expect(numbers.get('naru_ready')).toBe(0);
    expect(numbers.get('naru_sessions{wire="websocket"}')).toBe(0);
    expect(numbers.get('naru_sockets_left_total{reason="server shutting down"}')).toBe(1);
  });

  it.each([true, false])(
    'counts a socket of a namespace with a query (metrics before the client: %s)',
    async (early) => {
      const { io, url, read, close } = await startServer({ register: new Registry() });
      io.of(/^\/doc/);
      if (!early) close();
      const client = new Manager(url, { transports: ['websocket'], reconnection: false }).socket('/doc?token=1');
      onTestFinished(() => void client.disconnect());
      await new Promise<void>((resolve) => client.once('connect', resolve));
      const later = early ? undefined : metrics(io, { register: new Registry() });
      onTestFinished(() => later?.close());
      const numbers = later ? seriesIn(await later.register.metrics()) : await read();
      expect([numbers.get('naru_sockets'), numbers.get('naru_rooms')]).toEqual([1, 1]);
      expect([...numbers.keys()].join('\n')).not.toContain('token');
    },
  );

  it('leaves a server free to take options when it listens', async () => {
    setSessions(0);
    const io = new Server();
    const measured = metrics(io, { register: new Registry() });
    onTestFinished(async () => {
      measured.close();
      await io.close();
    });
    io.listen(0, { cors: { origin: 'https://shop.example' } });
    expect(seriesIn(await measured.register.metrics()).get('naru_ready')).toBe(1);
    expect(() => io.attach(createServer(), { cors: { origin: 'https://other.example' } })).toThrow(/cannot change/);
  });

  it('has labels from closed sets alone, whatever clients send', async () => {
    const server = await startServer({ register: new Registry() });
    const before = (await server.read()).size;
    const evil = 'x"\n{}=secret';
    const addresses = Array.from({ length: 50 }, (_, at) => `transport=${encodeURIComponent(evil)}${at}&EIO=${at + 5}`);
    for (const query of addresses) await fetch(`${server.url}/socket.io/?${query}`);
    const client = await open(server.url, ['websocket']);
    server.io.allow({ subscribe: true });
    for (let at = 0; at < 50; at += 1) {
      await client.timeout(2_000).subscribe(`room ${evil}${at}`);
      client.emit(`event ${evil}${at}`, evil);
    }
    for (let at = 0; at < 50; at += 1) {
      await open(`${server.url}/${at}${encodeURIComponent(evil)}`, ['websocket']).catch(() => undefined);
      handshakeRefused.publish({ reason: `${evil}${at}`, status: 400 });
      sessionEnded.publish({ connection: at, wire: `${evil}${at}`, reason: evil });
    }
    const numbers = await server.read();
    expect(numbers.size - before).toBeLessThan(10);
    expect([...numbers.keys()].join('\n')).not.toMatch(/secret|127\.0\.0\.1|nowhere/);
    for (const secret of [client.id ?? '', server.io.node ?? 'none'])
      expect([...numbers.keys()].join('\n')).not.toContain(secret);
    expect(numbers.get('naru_sessions_ended_total{reason="other",wire="other"}')).toBe(50);
  });

  it('uses the default register of prom-client without options, and only the meter with one', async () => {
    const server = await startServer();
    expect(server.register).toBe(register);
    expect((await server.read()).get('naru_ready')).toBe(1);
    expect(() => metrics(server.io)).toThrow(/already/);
    server.close();
    expect(register.getMetricsAsArray()).toEqual([]);
    const measured = metrics(server.io, { meter: openMeter().meter });
    expect(measured.register).toBeUndefined();
    expect(register.getMetricsAsArray()).toEqual([]);
    measured.close();
  });

  it('adds the servers of a list, and refuses anything else', async () => {
    const [one, other] = [new Server(), new Server()];
    other.of('/a');
    const measured = metrics([one, other], { register: new Registry() });
    onTestFinished(() => measured.close());
    const numbers = seriesIn((await measured.register?.metrics()) ?? '');
    expect([numbers.get('naru_namespaces'), numbers.get('naru_ready')]).toEqual([3, 2]);
    expect(() => metrics({} as never)).toThrow(/needs a server of Naru/);
    expect(() => metrics(undefined as never)).toThrow(/needs a server of Naru/);
  });

  it('leaves no listener behind, also if an exporter fails', () => {
    const meter = { ...openMeter().meter, createHistogram: () => ({}), createObservableCounter: () => ({}) };
    expect(() => metrics(new Server(), { meter: meter as never })).toThrow();
    expect(sessionEnded.hasSubscribers).toBe(false);
  });
});

describeWith(PROMTOOL, 'promtool', () => {
  it('finds nothing wrong in the text', async () => {
    const server = await startServer({ register: new Registry() });
    await useEverything(server);
    expect(await run(PROMTOOL, ['check', 'metrics'], await server.register?.metrics())).toBe('');
  });
});
