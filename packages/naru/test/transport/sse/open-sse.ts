/** HTTP streaming over a simulated network, with a client of its wire, for the contract and for detailed tests. */
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import type { ContractPeer, OpenSubject } from '../../../../testing/src/contracts/transport-contract.js';
import { TestNetwork, type TestNetworkOptions } from '../../../../testing/src/network/network.js';
import { PortlessServer } from '../../../../testing/src/portless-server.js';
import { decodeBase64 } from '../../../src/base/bytes.js';
import { waitsOf } from '../../../src/base/deadlines.js';
import { nodeInternalsFor } from '../../../src/node-internals/choose.js';
import { encodePayload } from '../../../src/protocol/engine-io/payload.js';
import { EventStreamDecoder } from '../../../src/protocol/event-stream/decoder.js';
import type { Unit } from '../../../src/transport/encoded-packet.js';
import type { PollingSettings } from '../../../src/transport/polling/settings.js';
import { SseTransport } from '../../../src/transport/sse/transport.js';
import type { TransportHandler } from '../../../src/transport/transport.js';

/** A client that reads one stream and posts one body after the other. */
export class SsePeer implements ContractPeer {
  readonly received: Unit[] = [];
  /** The status of each POST. */
  readonly answers: number[] = [];
  isEnded = false;
  status = 0;
  headers: IncomingHttpHeaders = {};
  readonly #network: TestNetwork;
  readonly #queue: Unit[] = [];
  readonly #decoder = new EventStreamDecoder();
  #stream: IncomingMessage | undefined;
  #isPosting = false;

  constructor(network: TestNetwork) {
    this.#network = network;
    const outgoing = request('http://naru.test/', { agent: network.agent }, (response) => this.#read(response));
    outgoing.on('error', () => this.#end());
    outgoing.end();
  }

  send(unit: Unit): void {
    this.#queue.push(unit);
    this.#post();
  }

  pause(): void {
    this.#stream?.pause();
  }

  resume(): void {
    this.#stream?.resume();
  }

  close(): void {
    this.send('1');
  }

  vanish(): void {
    this.isEnded = true;
    this.#network.cutAll();
  }

  /** Ends the stream as a closed page does. */
  leave(): void {
    this.#stream?.destroy();
  }

  #read(response: IncomingMessage): void {
    this.#stream = response;
    this.status = response.statusCode ?? 0;
    this.headers = response.headers;
    response.on('data', (chunk: Buffer) => {
      for (const { data } of this.#decoder.add(chunk)) {
        if (data === '1' || data === '6') this.isEnded = true;
        else this.received.push(decode(data));
      }
    });
    response.on('end', () => this.#end());
    response.on('error', () => this.#end());
  }

  #end(): void {
    this.isEnded = true;
  }

  #post(): void {
    if (this.#isPosting || this.#queue.length === 0) return;
    this.#isPosting = true;
    const body = encodePayload(this.#queue.splice(0));
    const headers = { 'content-length': Buffer.byteLength(body) };
    const outgoing = request(
      'http://naru.test/',
      { agent: this.#network.agent, method: 'POST', headers },
      (response) => {
        this.answers.push(response.statusCode ?? 0);
        response.resume();
        response.on('end', () => {
          this.#isPosting = false;
          this.#post();
        });
        response.on('error', () => undefined);
      },
    );
    outgoing.on('error', () => undefined);
    outgoing.end(body);
  }
}

function decode(data: string): Unit {
  if (data.startsWith('"')) return JSON.parse(data) as string;
  return data.startsWith('b') ? (decodeBase64(data.slice(1)) ?? data) : data;
}

/** Options of a test. */
export interface OpenSseOptions extends Partial<PollingSettings> {
  readonly network?: TestNetworkOptions;
}

/** Opens a transport and its peer. */
export async function openSse(handler: TransportHandler, { network: chance, ...bounds }: OpenSseOptions = {}) {
  const network = new TestNetwork({ seed: 5, splitsMax: 5, ...chance });
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
    ...bounds,
  };
  const opened = new Promise<SseTransport>((resolve) => {
    let transport: SseTransport | undefined;
    const server = new PortlessServer((incoming, response) => {
      transport ??= new SseTransport(settings, handler, 'sid');
      resolve(transport);
      transport.onRequest(incoming, response);
    });
    network.serve(server);
  });
  const peer = new SsePeer(network);
  return { transport: await opened, peer, network, clock, settle: () => clock.settle() };
}

/** Opens one for the contract. */
export const openForContract: OpenSubject = async (handler) => ({
  ...(await openSse(handler)),
  unitBytesMax: 1_000_000,
});
