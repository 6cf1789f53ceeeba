/** Opens a UDP lane beside a connection in Node. docs/udp.md, "Lanes". */
import { Buffer } from 'node:buffer';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { asBytes, type Bytes, systemRandom } from 'naru/base';
import type { Manager, Socket } from 'naru/client/wire';
import { isBlob, parseAddress } from 'naru/client/wire';
import { EncodedPacket, type Unit } from 'naru/wire';
import { UdpDial } from '../transport/dial.js';
import { UdpLane } from '../transport/lane.js';
import { openSystemPort, type PortOpener } from '../transport/port.js';
import { type ClientLane, type LaneHost, LaneKeeper } from './lane/keeper.js';

/** The server's answer to `naru:lane`. */
interface LaneOffer {
  readonly endpoint?: unknown;
  readonly token?: unknown;
  readonly key?: unknown;
}

const CONTROL_WAITING_BYTES_MAX = 65_536;

/** The options of a lane. */
export interface LaneSettings {
  readonly lane?: boolean | string | undefined;
  readonly keyExchange: boolean;
}

/** Keeps a lane for the connection if the wire's option `lane` asks for one. */
export function accompany(
  connection: Manager<Socket>,
  settings: LaneSettings,
  openPort: PortOpener = openSystemPort,
): void {
  // The lane cannot recognise the packets of another parser.
  if (!settings.lane || connection.opts.parser) return;
  new LaneKeeper(connection, (host) => open(connection, settings, openPort, host)).watch();
}

/** Asks for a lane and dials it. Returns the function that ends it. */
function open(connection: Manager<Socket>, settings: LaneSettings, openPort: PortOpener, host: LaneHost): () => void {
  const endpoint = typeof settings.lane === 'string' ? settings.lane : '';
  let dial: UdpDial | undefined;
  let isStopped = false;
  const start = async (offer: LaneOffer): Promise<void> => {
    const address = await findAddress(endpoint || String(offer.endpoint), host.engine.hostname);
    if (isStopped) return;
    dial = createDial(connection, settings, offer, address, openPort, host);
    if (connection.opts.autoUnref) dial.unref();
    await dial.start();
  };
  host.ask('naru:lane', [], (answer) => {
    const offer = answer as LaneOffer | undefined;
    if (typeof offer?.token !== 'string' || typeof offer.key !== 'string') host.onEnd();
    else start(offer).catch(() => host.onEnd());
  });
  return () => {
    isStopped = true;
    dial?.stop();
  };
}

/**
 * Returns the IP address and the port of an endpoint. Without a host, it is on the host to which the client is
 * connected.
 */
async function findAddress(endpoint: string, hostname: string): Promise<{ address: string; port: number }> {
  const { host, port } = parseAddress(endpoint);
  const name = host || hostname;
  return { address: isIP(name) ? name : (await lookup(name)).address, port: Number(port) };
}

function createDial(
  { timers }: Manager<Socket>,
  { keyExchange }: LaneSettings,
  { token, key }: LaneOffer,
  address: { address: string; port: number },
  openPort: PortOpener,
  host: LaneHost,
): UdpDial {
  let lane: UdpLane | undefined;
  return new UdpDial(
    {
      ...address,
      records: [],
      secret: Buffer.from(String(key), 'base64url'),
      token: Buffer.from(String(token), 'base64url'),
      agrees: keyExchange,
      controlBytesMax: CONTROL_WAITING_BYTES_MAX,
      timers,
      random: systemRandom,
      openPort,
    },
    {
      createAssociation: (context, place) => {
        const receiver = {
          onVolatile: (_lane: UdpLane, units: readonly Unit[]) => host.onUnits(units),
          onLaneEnd: () => host.onEnd(),
        };
        lane = new UdpLane(context, receiver, place, timers);
        return lane;
      },
      onOpen: () => {
        if (lane) host.onOpen(asClientLane(lane));
      },
      onFail: () => host.onEnd(),
    },
  );
}

function asClientLane(lane: UdpLane): ClientLane {
  return {
    get isFresh() {
      return lane.isFresh;
    },
    get silentMs() {
      return lane.silentMs;
    },
    send: (units) => {
      const [text, ...attachments] = units as readonly Unit[];
      if (typeof text !== 'string' || attachments.some(isBlob)) return false;
      const packets = attachments.map((bytes) => new EncodedPacket(asBytes(bytes as Bytes)));
      return lane.send([new EncodedPacket(`4${text}`), ...packets]);
    },
    giveSign: () => lane.giveSign(),
  };
}
