/** Data channels in memory, for the server and for a page that has `RTCPeerConnection`. */

import type { Clock } from '../../packages/naru/src/base/clock.js';
import { UnavailableError } from '../../packages/naru/src/base/errors.js';
import type { ChannelPeer, ChannelPortOpener, ChannelReceiver } from '../../packages/udp/src/data-channel/driver.js';
import { decodeSdp, type LaneDescription } from '../../packages/udp/src/protocol/lane/description.js';

const fingerprint = Array.from({ length: 32 }, () => 'A5').join(':');

/** A valid description. */
export const description: LaneDescription = { ufrag: 'abcd', pwd: 'abcdefghijklmnopqrstuv', fingerprint };

/** The server's end of a fake channel. */
export interface FakePeer extends ChannelPeer {
  readonly receiver: ChannelReceiver;
  readonly client: LaneDescription;
  readonly isClosed: boolean;
}

/** A port whose channels open only when a test or a fake page says so. */
export class FakeChannelPort {
  readonly peers: FakePeer[] = [];
  readonly taken: number[];
  port = 0;
  isClosed = false;
  /** Thrown by the next requests for a channel. */
  failure: UnavailableError | undefined;
  /** The pages that have channels here. */
  readonly pages: FakePeerConnection[] = [];

  constructor(taken: number[] = []) {
    this.taken = taken;
  }

  /** Opens the port, unless its number is taken. */
  readonly open: ChannelPortOpener = async (_host, port) => {
    if (this.taken.includes(port)) throw new UnavailableError('ADDRESS_IN_USE', 'taken');
    this.port = port;
    const close = () => {
      this.isClosed = true;
    };
    return { port, open: (client, receiver) => this.#prepare(client, receiver), close };
  };

  #prepare(client: LaneDescription, receiver: ChannelReceiver): ChannelPeer {
    if (this.failure) throw this.failure;
    const state = { isClosed: false };
    const peer: FakePeer = {
      description,
      receiver,
      client,
      bufferedBytes: 0,
      get isClosed() {
        return state.isClosed;
      },
      send: (datagram) => this.#pageOf(peer)?.receive(datagram),
      close: () => {
        state.isClosed = true;
        this.#pageOf(peer)?.end();
      },
    };
    this.peers.push(peer);
    return peer;
  }

  #pageOf(peer: FakePeer): FakePeerConnection | undefined {
    return this.pages.find((page) => page.peer === peer);
  }
}

let pageCount = 0;

/** The part of `RTCPeerConnection` that lanes use. It reaches the server of one port. */
export class FakePeerConnection {
  static port = new FakeChannelPort();
  static clock: Clock;
  /** Whether packets pass between the ends. */
  static isBlocked = false;
  readonly configuration: unknown;
  readonly ufrag = `page${pageCount++}`;
  peer: FakePeer | undefined;
  answer = '';
  readonly channel = {
    readyState: 'connecting',
    bufferedAmount: 0,
    binaryType: '',
    options: {} as unknown,
    onopen: () => {},
    onclose: () => {},
    onmessage: (_event: { data: unknown }) => {},
    send: (datagram: Uint8Array) =>
      this.#pass(() => {
        if (!this.peer?.isClosed) this.peer?.receiver.onDatagram(Buffer.from(datagram));
      }),
  };

  constructor(configuration: unknown) {
    this.configuration = configuration;
    FakePeerConnection.port.pages.push(this);
  }

  createDataChannel(_label: string, options: unknown) {
    this.channel.options = options;
    return this.channel;
  }

  async createOffer() {
    const sdp = `a=ice-ufrag:${this.ufrag}\r\na=ice-pwd:${description.pwd}\r\na=fingerprint:sha-256 ${fingerprint.toLowerCase()}\r\n`;
    return { type: 'offer', sdp };
  }

  async setLocalDescription() {}

  async setRemoteDescription({ sdp }: { sdp: string }) {
    if (!decodeSdp(sdp)) throw new TypeError('not a session description');
    this.answer = sdp;
    this.peer = FakePeerConnection.port.peers.find(({ client }) => client.ufrag === this.ufrag);
    this.#pass(() => {
      if (this.peer?.isClosed !== false) return;
      this.channel.readyState = 'open';
      this.peer.receiver.onOpen();
      this.channel.onopen();
    });
  }

  receive(datagram: Uint8Array): void {
    this.#pass(() => this.channel.onmessage({ data: Uint8Array.from(datagram).buffer }));
  }

  /** The server has closed the channel. */
  end(): void {
    this.#pass(() => {
      if (this.channel.readyState === 'closed') return;
      this.channel.readyState = 'closed';
      this.channel.onclose();
    });
  }

  close(): void {
    this.channel.readyState = 'closed';
    this.#pass(() => {
      if (!this.peer?.isClosed) this.peer?.receiver.onEnd();
    });
  }

  #pass(callback: () => void): void {
    if (!FakePeerConnection.isBlocked) FakePeerConnection.clock.setTimeout(callback, 5, undefined);
  }
}
