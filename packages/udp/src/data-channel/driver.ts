/**
 * Opens WebRTC data channels. This is the only file that knows the package for them, which an application installs if
 * it uses lanes in browsers.
 */
import { Buffer } from 'node:buffer';
import type { Bytes } from 'naru/base';
import { ConfigError, UnavailableError } from 'naru/base';
import { CHANNEL_BYTES_MAX, CHANNEL_ID, type LaneChannel } from '../protocol/lane/channel-end.js';
import { decodeSdp, encodeSdp, type LaneDescription } from '../protocol/lane/description.js';
import { openSystemPort } from '../transport/port.js';

/** Receives the events of a channel. Nothing is called after `close`. */
export interface ChannelReceiver {
  /** Called when the channel is open in both directions. */
  onOpen(): void;
  onDatagram(datagram: Bytes): void;
  /** Called when the client sends something that lanes do not have: text, or channels of its own. */
  onMisuse(): void;
  /** Called when the client has closed the channel, or the channel has failed. It may be called again until `close`. */
  onEnd(): void;
}

/** The server's end of a channel. */
export interface ChannelPeer extends LaneChannel {
  /** The description to send to the client. */
  readonly description: LaneDescription;
  close(): void;
}

/** A UDP port that all channels of a server share. */
export interface ChannelPort {
  readonly port: number;
  /** Prepares a channel for a client. Throws UnavailableError if that is impossible now. */
  open(client: LaneDescription, receiver: ChannelReceiver): ChannelPeer;
  close(): void;
}

/**
 * Opens a port. Without a host, it is bound to all addresses. Rejects with ConfigError without the package, and with
 * UnavailableError.
 */
export type ChannelPortOpener = (host: string, port: number) => Promise<ChannelPort>;

const INSTALL = 'npm install node-datachannel';

/**
 * Bytes and messages that may be on their way to a client. Beyond that, messages are dropped. By default, the package
 * takes a mebibyte of messages, and sends them seconds too late. The limits apply to all channels of the package in
 * this process.
 */
const WINDOW_BYTES = 48_000;
const WINDOW_MESSAGES = 500;

/** The header of a message in SCTP, with padding. */
const MESSAGE_OVERHEAD_BYTES = 20;

/**
 * The size of a packet, as SCTP is told. On a loss, SCTP makes its own window smaller, but never smaller than a packet.
 * With room for a whole window in a packet, losses cannot make messages wait. Real packets are small, because each
 * message is sent alone and at once.
 */
const SCTP_PACKET_BYTES = WINDOW_BYTES + (WINDOW_MESSAGES + 1) * MESSAGE_OVERHEAD_BYTES;

/** The system's buffers while the port is tried. They do not matter. */
const TRIAL_BUFFERS = { receiveBufferBytes: 65_536, sendBufferBytes: 65_536 };

async function load() {
  try {
    return await import('node-datachannel');
  } catch (error) {
    throw new ConfigError(
      'WRONG_STATE',
      `Lanes in browsers need the package "node-datachannel". Install it: ${INSTALL}`,
      error,
    );
  }
}

type Driver = Awaited<ReturnType<typeof load>>;

/** Opens a port with the package node-datachannel. */
export const openChannelPort: ChannelPortOpener = async (host, port) => {
  const driver = await load();
  const free = await findPort(host, port);
  return new DriverPort(driver, host, free);
};

/**
 * Checks that a port is free, and chooses one for port 0. The package tells neither the reason of a failure nor the
 * port.
 */
async function findPort(host: string, port: number): Promise<number> {
  const at = { host: host || '0.0.0.0', port, isIpv6: host.includes(':'), ...TRIAL_BUFFERS };
  const trial = await openSystemPort(at, { onDatagram: () => undefined, onPortError: () => undefined });
  const found = trial.address?.port ?? port;
  await trial.close();
  return found;
}

class DriverPort implements ChannelPort {
  readonly port: number;
  readonly #driver: Driver;
  readonly #host: string | undefined;
  /** Holds the port even without a channel. */
  readonly #listener: InstanceType<Driver['IceUdpMuxListener']>;

  constructor(driver: Driver, host: string, port: number) {
    this.port = port;
    this.#driver = driver;
    this.#host = host || undefined;
    driver.setSctpSettings({ sendBufferSize: WINDOW_BYTES, maxChunksOnQueue: WINDOW_MESSAGES });
    try {
      this.#listener = new driver.IceUdpMuxListener(port, this.#host);
    } catch (error) {
      // The port was free just now, so another process has taken it since.
      throw new UnavailableError('ADDRESS_IN_USE', `the UDP port ${port} is already in use`, error);
    }
  }

  open(client: LaneDescription, receiver: ChannelReceiver): ChannelPeer {
    let peer: InstanceType<Driver['PeerConnection']> | undefined;
    try {
      peer = this.#createPeer();
      return new DriverPeer(peer, client, receiver);
    } catch (error) {
      peer?.close();
      throw new UnavailableError('CONNECT_FAILED', 'the channel cannot be prepared', error);
    }
  }

  close(): void {
    this.#listener.stop();
  }

  #createPeer(): InstanceType<Driver['PeerConnection']> {
    return new this.#driver.PeerConnection('naru', {
      iceServers: [],
      enableIceUdpMux: true,
      portRangeBegin: this.port,
      portRangeEnd: this.port,
      maxMessageSize: CHANNEL_BYTES_MAX,
      mtu: SCTP_PACKET_BYTES,
      ...(this.#host !== undefined && { bindAddress: this.#host }),
    });
  }
}

class DriverPeer implements ChannelPeer {
  readonly description: LaneDescription;
  readonly #peer: InstanceType<Driver['PeerConnection']>;
  readonly #channel: ReturnType<InstanceType<Driver['PeerConnection']>['createDataChannel']>;
  readonly #receiver: ChannelReceiver;
  #isClosed = false;

  constructor(peer: InstanceType<Driver['PeerConnection']>, client: LaneDescription, receiver: ChannelReceiver) {
    this.#peer = peer;
    this.#receiver = receiver;
    // Callbacks come from other threads, so some are still under way when the channel is closed.
    const unlessClosed =
      <Args extends unknown[]>(callback: (...args: Args) => void) =>
      (...args: Args): void => {
        if (!this.#isClosed) callback(...args);
      };
    peer.onDataChannel(unlessClosed(() => receiver.onMisuse()));
    peer.onStateChange(
      unlessClosed((state) => {
        if (state === 'failed' || state === 'closed') receiver.onEnd();
      }),
    );
    // Without addresses of the client, this end answers its checks and sends none to addresses that the client only
    // named.
    peer.setRemoteDescription(encodeSdp(client, 'active', CHANNEL_BYTES_MAX), 'offer');
    this.#channel = peer.createDataChannel('naru', {
      negotiated: true,
      id: CHANNEL_ID,
      unordered: true,
      maxRetransmits: 0,
    });
    this.#channel.onOpen(unlessClosed(() => receiver.onOpen()));
    this.#channel.onClosed(unlessClosed(() => receiver.onEnd()));
    this.#channel.onMessage(
      unlessClosed((message) => {
        if (typeof message === 'string') receiver.onMisuse();
        else receiver.onDatagram(message instanceof ArrayBuffer ? Buffer.from(message) : message);
      }),
    );
    const description = decodeSdp(peer.localDescription()?.sdp ?? '');
    if (!description) throw new UnavailableError('CONNECT_FAILED', 'the package gave no description of its own');
    this.description = description;
  }

  get bufferedBytes(): number {
    return this.#isClosed ? 0 : this.#channel.bufferedAmount();
  }

  send(datagram: Bytes): void {
    // A message that had to wait would be late, and SCTP would join it to others in a datagram that is too large for
    // the network.
    if (this.#isClosed || !this.#channel.isOpen() || this.#channel.bufferedAmount() > 0) return;
    try {
      this.#channel.sendMessageBinary(datagram);
    } catch {
      // The channel has closed on another thread since it was asked.
      this.#receiver.onEnd();
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#peer.close();
  }
}
