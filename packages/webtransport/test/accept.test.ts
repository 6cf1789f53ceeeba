import { describe, expect, it } from 'vitest';
import { RecordDecoder } from '../../naru/src/protocol/record/decoder.js';
import { encodeRecord } from '../../naru/src/protocol/record/encode.js';
import { EngineServer } from '../../naru/src/server/engine/engine-server.js';
import type { EngineOptions } from '../../naru/src/server/options/engine-options.js';
import type { Session } from '../../naru/src/session/session.js';
import { fetchText } from '../../naru/test/server/endpoints/fetch-text.js';
import { FakeClock } from '../../testing/src/fake-clock.js';
import { TestNetwork } from '../../testing/src/network/network.js';
import { PortlessServer } from '../../testing/src/portless-server.js';
import { WebTransportPair } from '../../testing/src/web-transport-pair.js';
import { acceptWebTransport } from '../src/accept.js';
import type { WebTransportCloseInfo } from '../src/w3c.js';

/** A client without a library: its received data, and the end of its session. */
class RawClient {
  readonly pair = new WebTransportPair();
  readonly received: (string | Uint8Array)[] = [];
  end: WebTransportCloseInfo | undefined;
  #writer: WritableStreamDefaultWriter<Uint8Array> | undefined;

  constructor() {
    this.pair.client.closed.then(
      (end) => {
        this.end = end;
      },
      () => undefined,
    );
  }

  async open(first: string): Promise<void> {
    const { readable, writable } = await this.pair.client.createBidirectionalStream();
    this.#writer = writable.getWriter();
    this.#writer.closed.catch(() => undefined);
    const decoder = new RecordDecoder(1_000_000);
    const sink = {
      onUnit: (_context: undefined, unit: string | Uint8Array) => void this.received.push(unit),
      onViolation: () => undefined,
    };
    const write = (chunk: Uint8Array): void => decoder.decode(chunk, 0, sink, undefined);
    readable.pipeTo(new WritableStream({ write })).catch(() => undefined);
    this.send(first);
  }

  send(...units: string[]): void {
    this.#writer?.write(Buffer.concat(units.map(encodeRecord))).catch(() => undefined);
  }
}

function createEngine(options: EngineOptions = {}) {
  const clock = new FakeClock();
  const engine = new EngineServer({ clock, upgradeTimeout: 1_000, ...options });
  const sessions: Session[] = [];
  const refusals: string[] = [];
  engine.on('connection', (session: Session) => sessions.push(session));
  engine.on('connection_error', ({ message }: { message: string }) => refusals.push(message));
  const accept = async (first?: string) => {
    const client = new RawClient();
    let isSettled = false;
    acceptWebTransport(engine, client.pair.server).then(() => {
      isSettled = true;
    });
    if (first !== undefined) await client.open(first);
    await clock.settle();
    return Object.assign(client, { isSettled: () => isSettled });
  };
  return { clock, engine, sessions, refusals, accept };
}

describe('a new session over WebTransport', () => {
  it('opens by the first packet of its first stream', async () => {
    const { clock, engine, sessions, accept } = createEngine();
    const client = await accept('0');
    const [session] = sessions;
    expect(JSON.parse(String(client.received[0]).slice(1))).toMatchObject({ sid: session?.id, upgrades: [] });
    expect([session?.transport.name, session?.protocol, client.isSettled()]).toEqual(['webtransport', 4, true]);
    const messages: unknown[] = [];
    session?.on('message', (data) => messages.push(data));
    client.send('4hi');
    session?.send('ho');
    await clock.settle();
    expect([messages, client.received[1]]).toEqual([['hi'], '4ho']);
    engine.close();
    await clock.settle();
    expect(client.end).toEqual({ closeCode: 0, reason: '' });
    expect(clock.timerCount).toBe(0);
  });

  it('answers pings, and ends when it does not', async () => {
    const { clock, sessions, accept } = createEngine({ pingInterval: 5_000, pingTimeout: 2_000 });
    const client = await accept('0');
    const reasons: unknown[] = [];
    sessions[0]?.on('close', (reason) => reasons.push(reason));
    await clock.advance(5_000);
    expect(client.received[1]).toBe('2');
    client.send('3');
    await clock.advance(5_000);
    await clock.advance(2_000);
    expect([reasons, client.end]).toEqual([['ping timeout'], { closeCode: 0, reason: 'ping timeout' }]);
  });

  it('shows the properties of its request', async () => {
    const { clock, engine, sessions } = createEngine();
    const client = new RawClient();
    acceptWebTransport(engine, client.pair.server, {
      url: '/engine.io/?token=1',
      headers: { origin: 'https://a.b' },
      remoteAddress: '::1',
    });
    await client.open('0');
    await clock.settle();
    const request = sessions[0]?.request;
    expect([request?.url, request?.headers.origin, request?._query.token]).toEqual([
      '/engine.io/?token=1',
      'https://a.b',
      '1',
    ]);
    expect(sessions[0]?.remoteAddress).toBe('::1');
  });

  it('is decided by allowRequest, and its data waits meanwhile', async () => {
    let allow: (isAllowed: boolean) => void = () => undefined;
    const { clock, sessions, accept } = createEngine({
      allowRequest: (_request, callback) => {
        allow = (isAllowed) => callback(null, isAllowed);
      },
    });
    const client = await accept('0');
    client.send('4first', '4second');
    await clock.settle();
    expect([sessions, client.isSettled()]).toEqual([[], false]);
    const messages: unknown[] = [];
    allow(true);
    sessions[0]?.on('message', (data) => messages.push(data));
    await clock.settle();
    expect(messages).toEqual(['first', 'second']);
  });

  it('is refused by allowRequest with code 1008', async () => {
    const { sessions, refusals, accept } = createEngine({
      allowRequest: (_request, callback) => callback('no', false),
    });
    const client = await accept('0');
    expect([client.end, sessions, refusals]).toEqual([{ closeCode: 1008, reason: 'no' }, [], ['Forbidden']]);
  });

  it('is refused if middleware expects a request with a response', async () => {
    const { engine, sessions, accept } = createEngine();
    engine.use((_request, _response, next) => next());
    const client = await accept('0');
    expect([client.end?.closeCode, sessions]).toEqual([1002, []]);
  });

  it('is refused with code 1013 above the limit, and after the engine closed', async () => {
    const full = createEngine({ sessionsMax: 1 });
    await full.accept('0');
    expect((await full.accept('0')).end).toEqual({ closeCode: 1013, reason: 'Too many sessions' });
    const closed = createEngine();
    closed.engine.close();
    expect((await closed.accept('0')).end).toEqual({ closeCode: 1013, reason: 'Server shutting down' });
  });
});

describe('a handshake over WebTransport', () => {
  it.each(['opens no stream', 'sends nothing', 'sends half a record'])(
    'that %s is dropped after upgradeTimeout',
    async (what) => {
      const { clock, accept } = createEngine();
      const client = await accept();
      if (what !== 'opens no stream') {
        const { writable } = await client.pair.client.createBidirectionalStream();
        if (what === 'sends half a record') await writable.getWriter().write(Uint8Array.of(1));
      }
      await clock.advance(999);
      expect([client.end, client.isSettled()]).toEqual([undefined, false]);
      await clock.advance(1);
      expect(client.isSettled()).toBe(true);
      expect(client.end).toEqual({ closeCode: 1002, reason: 'no handshake in time' });
      expect(clock.timerCount).toBe(0);
    },
  );

  it('that is never ready is dropped after upgradeTimeout', async () => {
    const { clock, engine } = createEngine();
    const { server } = new WebTransportPair();
    Object.defineProperty(server, 'ready', { value: new Promise(() => undefined) });
    let isSettled = false;
    acceptWebTransport(engine, server).then(() => {
      isSettled = true;
    });
    await clock.advance(1_000);
    expect(isSettled).toBe(true);
    expect(await server.closed).toMatchObject({ closeCode: 1002 });
    expect(clock.timerCount).toBe(0);
  });

  it('is forgotten at once when its connection is lost', async () => {
    const { clock, accept } = createEngine();
    const clients = [await accept(), await accept()];
    await clients[1]?.pair.client.createBidirectionalStream();
    await clock.settle();
    for (const { pair } of clients) pair.cut();
    await clock.settle();
    for (const { isSettled } of clients) expect(isSettled()).toBe(true);
    expect(clock.timerCount).toBe(0);
  });

  it.each(['4message', '2probe', '', '0{', '0{}', '0null', '0{"sid":5}', '0{"sid":"nobody"}', '0{"sid":"__proto__"}'])(
    'that begins with %j is refused',
    async (first) => {
      const { sessions, refusals, accept } = createEngine();
      const client = await accept(first);
      expect([client.end?.closeCode, sessions, refusals.length]).toEqual([1002, [], 1]);
    },
  );

  it.each<[string, EngineOptions]>([
    ['allowRequest never answers', { allowRequest: () => undefined }],
    ['generateId never resolves', {}],
    ['its turn never comes', { handshakesPerSecondMax: 1, handshakeWaitMax: 60_000 }],
  ])('does not count after its end if %s', async (_what, options) => {
    const { clock, engine, accept } = createEngine({ handshakesMax: 2, upgradeTimeout: 500, ...options });
    engine.generateId = () => new Promise(() => undefined);
    if (options.handshakesPerSecondMax) engine.admission.pace.tryBegin();
    const clients = [await accept('0'), await accept('0')];
    clients[0]?.pair.cut();
    await clock.advance(500);
    for (const { isSettled } of clients) expect(isSettled()).toBe(true);
    const request = { method: 'GET', headers: {}, _query: { transport: 'polling', EIO: '4' } };
    expect(engine.admission.check(request, undefined)).toBeUndefined();
    expect(engine.admission.pace.waitingCount).toBe(0);
  });

  it('counts towards handshakesMax', async () => {
    const { clock, engine, accept } = createEngine({ handshakesMax: 2 });
    const waiting = [await accept(), await accept()];
    expect((await accept()).end).toEqual({ closeCode: 1013, reason: 'Too many sessions' });
    await clock.advance(1_000);
    for (const { isSettled } of waiting) expect(isSettled()).toBe(true);
    await accept('0');
    expect(engine.clientsCount).toBe(1);
  });

  it('that sends a record above the limit is closed with code 1009', async () => {
    const { accept } = createEngine({ maxHttpBufferSize: 1_000 });
    expect((await accept('0'.padEnd(1_001))).end?.closeCode).toBe(1009);
  });
});

describe('an upgrade to WebTransport', () => {
  async function poll(options: EngineOptions = {}) {
    const network = new TestNetwork();
    const { clock } = network;
    const created = createEngine({ clock, transports: ['polling', 'webtransport'], ...options });
    const server = new PortlessServer();
    created.engine.attach(server);
    network.serve(server);
    const url = 'http://naru.test/engine.io/?EIO=4&transport=polling';
    const handshake = JSON.parse((await fetchText(network, url)).slice(1)) as { sid: string; upgrades: string[] };
    const accept = async (first: string) => {
      const client = new RawClient();
      acceptWebTransport(created.engine, client.pair.server);
      await client.open(first);
      await clock.settle();
      return client;
    };
    return { ...created, ...handshake, network, url: `${url}&sid=${handshake.sid}`, accept, clock };
  }

  it('is named in the handshake if configured, and moves the session', async () => {
    const { clock, network, sessions, sid, upgrades, url, accept } = await poll();
    expect(upgrades).toEqual(['webtransport']);
    const client = await accept(`0{"sid":"${sid}"}`);
    client.send('2probe');
    await clock.settle();
    expect(client.received).toEqual(['3probe']);
    // A noop ends the waiting poll, so that the client can switch.
    const polled = fetchText(network, url);
    await clock.advance(200);
    expect(await polled).toBe('6');
    const messages: unknown[] = [];
    sessions[0]?.on('message', (data) => messages.push(data));
    client.send('5', '6datagrams', '4hi');
    sessions[0]?.send('ho');
    await clock.settle();
    expect([sessions[0]?.transport.name, sessions[0]?.upgraded, messages]).toEqual(['webtransport', true, ['hi']]);
    expect(client.received).toEqual(['3probe', '6datagrams', '4ho']);
  });

  it('is dropped when the client does not continue, and the session stays', async () => {
    const { clock, sessions, sid, accept } = await poll();
    const client = await accept(`0{"sid":"${sid}"}`);
    await clock.advance(1_000);
    expect([client.end?.closeCode, sessions[0]?.readyState, sessions[0]?.upgrading]).toEqual([0, 'open', false]);
  });

  it('is refused during another one, after one, and when the options forbid it', async () => {
    const { clock, sid, accept } = await poll();
    const first = await accept(`0{"sid":"${sid}"}`);
    expect((await accept(`0{"sid":"${sid}"}`)).end?.closeCode).toBe(1002);
    first.send('2probe', '5');
    await clock.settle();
    expect((await accept(`0{"sid":"${sid}"}`)).end?.closeCode).toBe(1002);
    expect(first.end).toBeUndefined();
    for (const options of [{ allowUpgrades: false }, { transports: ['polling' as const] }]) {
      const other = await poll(options);
      expect(other.upgrades).toEqual([]);
      expect((await other.accept(`0{"sid":"${other.sid}"}`)).end?.closeCode).toBe(1002);
    }
  });
});
