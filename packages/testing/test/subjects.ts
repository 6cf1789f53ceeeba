/** Opens transports, each with a peer, for the contract of transports. */
import { request } from 'node:http';
import { waitsOf } from '../../naru/src/base/deadlines.js';
import { UnavailableError } from '../../naru/src/base/errors.js';
import { nodeInternalsFor } from '../../naru/src/node-internals/choose.js';
import { decodePayload, encodePayload } from '../../naru/src/protocol/engine-io/payload.js';
import { parseQuery } from '../../naru/src/session/handshake-request.js';
import type { Unit } from '../../naru/src/transport/encoded-packet.js';
import type { PollingSettings } from '../../naru/src/transport/polling/settings.js';
import { PollingTransport } from '../../naru/src/transport/polling/transport.js';
import { acceptUpgrade } from '../../naru/src/transport/websocket/accept.js';
import { dialWebSocket } from '../../naru/src/transport/websocket/dial.js';
import { webSocketSettings } from '../../naru/src/transport/websocket/settings.js';
import { WEBSOCKET_HANDLER, WebSocketTransport } from '../../naru/src/transport/websocket/transport.js';
import type { ContractEnd, ContractPeer, OpenSubject } from '../src/contracts/transport-contract.js';
import { FakeClock } from '../src/fake-clock.js';
import { MemoryTransport } from '../src/memory-transport.js';
import { TestNetwork } from '../src/network/network.js';
import { PortlessServer } from '../src/portless-server.js';

export const openMemory: OpenSubject = async (handler) => {
  const clock = new FakeClock();
  const transport = new MemoryTransport(clock, handler);
  const { peer } = transport;
  const contractPeer: ContractPeer = {
    received: peer.received,
    get isEnded() {
      return peer.ended !== undefined;
    },
    get end() {
      return peer.ended;
    },
    send: (unit) => peer.send(unit),
    pause: () => peer.pause(),
    resume: () => peer.resume(),
    close: () => peer.close(),
    vanish: () => peer.close(new UnavailableError('DISCONNECTED', 'the cable was cut')),
  };
  return { transport, peer: contractPeer, settle: () => clock.settle() };
};

/** A WebSocket over a link that cuts all data into pieces. */
export const openWebSocket: OpenSubject = async (handler) => {
  const network = new TestNetwork({ seed: 3, splitsMax: 5 });
  const { clock } = network;
  const settings = webSocketSettings({ clock, random: network.random.fork(), messageBytesMax: 1_000_000 });
  const server = new PortlessServer();
  const accepted = new Promise<WebSocketTransport>((resolve) => {
    server.on('upgrade', (incoming, socket, head) => {
      const connection = acceptUpgrade(incoming, socket, head, settings, WEBSOCKET_HANDLER);
      if (connection) resolve(new WebSocketTransport(connection, 4, handler));
    });
  });
  network.serve(server);
  const received: Unit[] = [];
  let end: ContractEnd | undefined;
  const client = await dialWebSocket('ws://naru.test/', { agent: network.agent }, settings, {
    onText: (_connection, text) => received.push(text),
    onBinary: (_connection, data) => received.push(data),
    onWritable: () => undefined,
    onClose: (_connection, code, reason) => {
      end = { code, reason };
    },
  });
  const peer: ContractPeer = {
    received,
    get isEnded() {
      return end !== undefined;
    },
    get end() {
      return end;
    },
    send: (unit) => (typeof unit === 'string' ? client.sendText(unit) : client.sendBinary(unit)),
    pause: () => client.pause(),
    resume: () => client.resume(),
    close: () => client.close(1000),
    vanish: () => network.cutAll(),
  };
  return { transport: await accepted, peer, unitBytesMax: 1_000_000, settle: () => clock.settle() };
};

/** A client of long-polling that always has a GET waiting unless it is paused, and posts one body after the other. */
class PollingPeer implements ContractPeer {
  readonly received: Unit[] = [];
  isEnded = false;
  readonly #network: TestNetwork;
  readonly #queue: Unit[] = [];
  #isPosting = false;
  #isPolling = false;
  #isPaused = false;

  constructor(network: TestNetwork) {
    this.#network = network;
    this.#poll();
  }

  send(unit: Unit): void {
    this.#queue.push(unit);
    this.#post();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#poll();
  }

  close(): void {
    this.send('1');
  }

  vanish(): void {
    this.isEnded = true;
    this.#network.cutAll();
  }

  #poll(): void {
    if (this.#isPolling || this.#isPaused || this.isEnded) return;
    this.#isPolling = true;
    this.#request('GET', undefined, (body) => {
      this.#isPolling = false;
      for (const unit of decodePayload(body, 1_000)) {
        // A close packet, or the noop that releases a client for another transport.
        if (unit === '1' || unit === '6') this.isEnded = true;
        else this.received.push(unit);
      }
      this.#poll();
    });
  }

  #post(): void {
    if (this.#isPosting || this.#queue.length === 0) return;
    this.#isPosting = true;
    this.#request('POST', encodePayload(this.#queue.splice(0)), () => {
      this.#isPosting = false;
      this.#post();
    });
  }

  #request(method: string, body: string | undefined, done: (body: string) => void): void {
    const headers = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const outgoing = request('http://naru.test/', { agent: this.#network.agent, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        if (response.statusCode === 200) done(Buffer.concat(chunks).toString());
        else this.isEnded = true;
      });
      response.on('error', () => {
        this.isEnded = true;
      });
    });
    outgoing.on('error', () => {
      this.isEnded = true;
    });
    outgoing.end(body);
  }
}

/** Long-polling over links that cut all data into pieces, without an engine that checks sids. */
export const openPolling: OpenSubject = async (handler) => {
  const network = new TestNetwork({ seed: 5, splitsMax: 5 });
  const { clock } = network;
  const settings: PollingSettings = {
    bodyBytesMax: 1_000_000,
    packetsMax: 1_000,
    bufferedBytesMax: 64_000_000,
    bodyDeadlines: waitsOf(clock, 1_000),
    closeDeadlines: waitsOf(clock, 1_000),
    compressionThreshold: Number.POSITIVE_INFINITY,
    clock,
    addHeaders: () => undefined,
    nodeInternals: nodeInternalsFor(true),
  };
  const opened = new Promise<PollingTransport>((resolve) => {
    let transport: PollingTransport | undefined;
    const server = new PortlessServer((incoming, response) => {
      const engineRequest = Object.assign(incoming, { _query: parseQuery(incoming.url ?? '') });
      transport ??= new PollingTransport(settings, 4, handler, engineRequest, 'sid');
      transport.onRequest(incoming, response);
      resolve(transport);
    });
    network.serve(server);
  });
  const peer = new PollingPeer(network);
  return { transport: await opened, peer, unitBytesMax: 1_000_000, settle: () => clock.settle() };
};
