/** The exports of the entry `@naru/testing`. */

export * from './contracts/backplane-contract.js';
export * from './contracts/transport-contract.js';
export { FakeClock, type FakeClockOptions } from './fake-clock.js';
export { LateHome } from './late-home/late-home.js';
export type { LateHomeOptions } from './late-home/options.js';
export {
  type MemoryEnd,
  type MemoryPeer,
  MemoryTransport,
  type MemoryTransportOptions,
} from './memory-transport.js';
export type { Link, LinkEnd } from './network/link.js';
export { type TestDevice, TestNetwork, type TestNetworkOptions } from './network/network.js';
export type { LinkOptions, Range } from './pipe.js';
export { PortlessServer } from './portless-server.js';
export { SeededRandom } from './seeded-random.js';
export { type Leftovers, type TestClientOptions, TestServer, type TestServerOptions } from './test-server.js';
export {
  type TestWebTransport,
  type WebTransportClass,
  WebTransportPair,
  type WebTransportPairOptions,
  webTransportClass,
} from './web-transport-pair.js';
