/** Opens a lane over a WebRTC data channel of the browser. docs/lanes.md. */

import type { Timers } from 'naru/base';
import { asBytes, type Bytes } from 'naru/base';
import { isBlob, toBinaryType } from 'naru/client/wire';
import { CHANNEL_BYTES_MAX, CHANNEL_ID, ChannelEnd } from '../../protocol/lane/channel-end.js';
import {
  decodeSdp,
  encodeSdp,
  isLaneHost,
  LANE_ADDRESSES_MAX,
  type LaneAddress,
  type LaneDescription,
  readDescription,
} from '../../protocol/lane/description.js';
import type { ClientLane, LaneHost } from './keeper.js';

/** Milliseconds that a channel may take to open. Behind a blocked port it never opens. */
const OPEN_MS = 10_000;

/** A STUN or TURN server, in the form that `RTCPeerConnection` takes. */
export interface IceServer {
  urls: string | string[];
  username?: string;
  credential?: string;
}

/** Settings of the lanes of one connection. */
export interface ChannelSettings {
  readonly timers: Timers;
  /** STUN and TURN servers to ask. */
  readonly iceServers: IceServer[];
}

/** Asks for a lane and opens it. Returns the function that closes it. */
export function openDataChannel({ timers, iceServers }: ChannelSettings, host: LaneHost): () => void {
  const peer = new RTCPeerConnection({ iceServers });
  const channel = peer.createDataChannel('naru', {
    negotiated: true,
    id: CHANNEL_ID,
    ordered: false,
    maxRetransmits: 0,
  });
  channel.binaryType = 'arraybuffer';
  const fail = (): void => host.onEnd();
  const timer = timers.setTimeout(fail, OPEN_MS, undefined);
  channel.onopen = () => {
    timers.clearTimeout(timer);
    host.onOpen(createLane(channel, timers, host));
  };
  channel.onclose = fail;
  const answered = async (answer: unknown): Promise<void> => {
    const description = readDescription(answer);
    const addresses = addressesOf(answer as ChannelAnswer, host.engine.hostname);
    if (!description || addresses.length === 0) fail();
    else await peer.setRemoteDescription({ type: 'answer', sdp: answerOf(description, addresses) });
  };
  describe(peer)
    .then((own) => host.ask('naru:channel', [own], (answer) => answered(answer).catch(fail)))
    .catch(fail);
  return () => {
    timers.clearTimeout(timer);
    peer.close();
  };
}

/**
 * Returns what the server needs to know about this end. Addresses are not part of it: the server learns them from the
 * checks.
 */
async function describe(peer: RTCPeerConnection): Promise<LaneDescription | undefined> {
  const { sdp = '' } = await peer.createOffer();
  await peer.setLocalDescription({ type: 'offer', sdp });
  return decodeSdp(sdp);
}

function answerOf(description: LaneDescription, addresses: readonly LaneAddress[]): string {
  return encodeSdp(description, 'passive', CHANNEL_BYTES_MAX, addresses);
}

/** The part of the server's answer to `naru:channel` that says where it listens. */
interface ChannelAnswer {
  readonly hosts?: unknown;
  readonly port?: unknown;
}

/** Returns where the server listens. Without hosts, that is the host to which the page is already connected. */
function addressesOf(answer: ChannelAnswer | undefined, hostname: string): LaneAddress[] {
  const { hosts, port } = answer ?? {};
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535) return [];
  const named: readonly unknown[] = Array.isArray(hosts) && hosts.length > 0 ? hosts : [hostname];
  return named
    .slice(0, LANE_ADDRESSES_MAX)
    .filter(isLaneHost)
    .map((host) => ({ host, port }));
}

function createLane(channel: RTCDataChannel, timers: Timers, host: LaneHost): ClientLane {
  const end = new ChannelEnd(
    {
      get bufferedBytes() {
        return channel.bufferedAmount;
      },
      send: (datagram) => {
        // The channel may close before it says so.
        if (channel.readyState === 'open') channel.send(datagram as Uint8Array<ArrayBuffer>);
      },
    },
    false,
    () => timers.now(),
    (units) => host.onUnits(units.map((unit) => (typeof unit === 'string' ? unit : toBinaryType(unit, host.engine)))),
  );
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (data instanceof ArrayBuffer) end.receive(new Uint8Array(data));
  };
  return {
    get isFresh() {
      return channel.readyState === 'open' && end.isFresh;
    },
    get silentMs() {
      return end.silentMs;
    },
    send: ([text, ...attachments]) => {
      // A Blob cannot be read at once.
      if (channel.readyState !== 'open' || attachments.some(isBlob)) return false;
      return end.send([`4${text}`, ...attachments.map((bytes) => asBytes(bytes as Bytes))]);
    },
    giveSign: () => end.giveSign(),
  };
}
