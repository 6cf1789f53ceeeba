/** The wires that the command line adds to a server, for the endpoints that it is asked to open. */
import { STOMP_PORTS } from '@naru/stomp/protocol';
import type { Wire } from 'naru/wire';
import { tcpWire } from 'naru/wire';

/** A wire that is loaded when an endpoint needs it. On the HTTP server it opens nothing. */
interface OptionalWire extends Pick<Wire, 'schemes'> {
  load(): Promise<Wire>;
}

/** The optional wires, in the order in which messages list their schemes. */
const OPTIONAL: readonly OptionalWire[] = [
  { schemes: { udp: undefined }, load: async () => (await import('@naru/udp')).udp() },
  { schemes: { webrtc: undefined }, load: async () => (await import('@naru/udp')).webrtc() },
  {
    schemes: STOMP_PORTS,
    load: async () => (await import('@naru/stomp')).stomp({ path: false }),
  },
];

/** All wires with schemes. */
export const KNOWN_WIRES: readonly Pick<Wire, 'schemes'>[] = [tcpWire, ...OPTIONAL];

/** Loads the wires that endpoints need, without those whose schemes the application's wires have. */
export function wiresFor(endpoints: readonly string[], given: readonly Wire[]): Promise<readonly Wire[]> {
  const schemes = endpoints.map((endpoint) => endpoint.trim().split(':', 1)[0]?.toLowerCase() ?? '');
  const has = (wire: Pick<Wire, 'schemes'>, scheme: string): boolean => Object.hasOwn(wire.schemes, scheme);
  const isNeeded = (wire: OptionalWire): boolean => schemes.some((scheme) => has(wire, scheme));
  const isGiven = (wire: OptionalWire): boolean =>
    given.some((other) => Object.keys(other.schemes).some((scheme) => has(wire, scheme)));
  return Promise.all(OPTIONAL.filter((wire) => isNeeded(wire) && !isGiven(wire)).map((wire) => wire.load()));
}
