/**
 * The values by which the two ends of a data channel connect (RFC 8829). Nothing else crosses the connection. Each end
 * writes the other's session description from them (RFC 8866, RFC 8839, RFC 8841), so a peer cannot slip in addresses,
 * media or anything else.
 */

/** The values of one end. */
export interface LaneDescription {
  /** Name and password of ICE, by which the ends recognise each other's checks. RFC 8839, section 5.4. */
  readonly ufrag: string;
  readonly pwd: string;
  /** SHA-256 of the end's DTLS certificate, as pairs of hexadecimal digits with colons. RFC 8122, section 5. */
  readonly fingerprint: string;
}

/** An address of a server's port. */
export interface LaneAddress {
  /** An IP address, or a name that the browser resolves. */
  readonly host: string;
  readonly port: number;
}

const UFRAG = /^[\w+/-]{4,64}$/;
const PWD = /^[\w+/-]{22,128}$/;
const FINGERPRINT = /^[\dA-F]{2}(:[\dA-F]{2}){31}$/;
const HOST = /^[\w.:-]{1,253}$/;

/** The most addresses of a server that a client tries. */
export const LANE_ADDRESSES_MAX = 8;

/** Reads a description that a peer sent. Returns `undefined` if any of its values has another form. */
export function readDescription(value: unknown): LaneDescription | undefined {
  const { ufrag, pwd, fingerprint } = (value ?? {}) as Partial<Record<keyof LaneDescription, unknown>>;
  if (typeof ufrag !== 'string' || typeof pwd !== 'string' || typeof fingerprint !== 'string') return undefined;
  const isValid = UFRAG.test(ufrag) && PWD.test(pwd) && FINGERPRINT.test(fingerprint);
  return isValid ? { ufrag, pwd, fingerprint } : undefined;
}

/** Whether a text can be the host of an address. */
export function isLaneHost(value: unknown): value is string {
  return typeof value === 'string' && HOST.test(value);
}

/** Finds the values of an end in the session description that its own implementation wrote. */
export function decodeSdp(sdp: string): LaneDescription | undefined {
  const find = (name: string): string | undefined => new RegExp(`^a=${name}(\\S+)`, 'mi').exec(sdp)?.[1];
  return readDescription({
    ufrag: find('ice-ufrag:'),
    pwd: find('ice-pwd:'),
    fingerprint: find('fingerprint:sha-256 ')?.toUpperCase(),
  });
}

/**
 * Writes the session description of the other end. `setup` is its role in DTLS. Without addresses, this end sends
 * nothing until the other end's checks have reached it.
 */
export function encodeSdp(
  { ufrag, pwd, fingerprint }: LaneDescription,
  setup: 'active' | 'passive',
  bytesMax: number,
  addresses: readonly LaneAddress[] = [],
): string {
  const lines = [
    'v=0',
    'o=- 1 1 IN IP4 0.0.0.0',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0',
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    'c=IN IP4 0.0.0.0',
    'a=mid:0',
    `a=ice-ufrag:${ufrag}`,
    `a=ice-pwd:${pwd}`,
    `a=fingerprint:sha-256 ${fingerprint}`,
    `a=setup:${setup}`,
    'a=sctp-port:5000',
    `a=max-message-size:${bytesMax}`,
    // The priority of a host candidate (RFC 8445, section 5.1.2.1). Earlier addresses have a higher one.
    ...addresses.map(
      ({ host, port }, index) =>
        `a=candidate:${index + 1} 1 udp ${126 * 2 ** 24 + (65_535 - index) * 2 ** 8 + 255} ${host} ${port} typ host`,
    ),
  ];
  return lines.map((line) => `${line}\r\n`).join('');
}
