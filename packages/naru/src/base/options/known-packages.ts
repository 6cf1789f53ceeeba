/** The packages of the schemes that the core does not know. No other file of the core mentions an optional part. */

/** How a program gets the wire of a scheme. */
interface KnownPackage {
  /** The entry to import the wire's function from. */
  readonly from: string;
  /** The function that makes the wire. */
  readonly make: string;
}

/** Whether a server or a client needs the wire. */
export type WireSide = 'server' | 'client';

const SERVER: Readonly<Record<string, KnownPackage>> = {
  stomp: { from: '@naru/stomp', make: 'stomp()' },
  stomps: { from: '@naru/stomp', make: 'stomp()' },
  udp: { from: '@naru/udp', make: 'udp()' },
  webrtc: { from: '@naru/udp', make: 'webrtc()' },
};

const CLIENT: Readonly<Record<string, KnownPackage>> = { udp: { from: '@naru/udp/client', make: 'udp()' } };

/** Returns what a program must do to use a scheme, or `undefined` if no package has it. */
export function adviseWire(scheme: string, side: WireSide): string | undefined {
  const known = side === 'server' ? SERVER : CLIENT;
  if (!Object.hasOwn(known, scheme)) return undefined;
  const { from, make } = known[scheme] as KnownPackage;
  const [scope, name] = from.split('/');
  return `"${scheme}:" needs a wire: npm install ${scope}/${name}, and give the option "wires: [${make}]" with the function of ${from}`;
}
