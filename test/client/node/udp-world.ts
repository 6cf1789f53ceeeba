/** A server and clients of ours over a network of datagrams in memory, on one clock that the test moves. */

import { parseEndpoint } from '../../../src/base/endpoint.js';
import { Manager } from '../../../src/client/index.js';
import { NodeUdp } from '../../../src/client/node/udp.js';
import { createIo } from '../../../src/client/socket/io.js';
import type { Socket as ClientSocket } from '../../../src/client/socket/socket.js';
import { endpointContextOf } from '../../../src/server/api/base-server.js';
import type { ServerOptions } from '../../../src/server/api/server.js';
import { Server } from '../../../src/server/api/server.js';
import { UdpEndpoint } from '../../../src/server/optional-wires/udp.js';
import { FakeClock } from '../../../src/testing/fake-clock.js';
import { SeededRandom } from '../../../src/testing/seeded-random.js';
import type { PortOpener } from '../../../src/transport/udp/port.js';
import { DatagramNetwork, type DatagramNetworkOptions } from '../../kit/datagram-network.js';

/** The world of one test. */
export class UdpStage {
  readonly clock = new FakeClock();
  readonly network: DatagramNetwork;
  readonly server: Server;
  readonly endpoint: UdpEndpoint;
  readonly transports: NodeUdp[] = [];

  constructor(options: DatagramNetworkOptions = {}, serverOptions: ServerOptions = {}) {
    this.network = new DatagramNetwork(this.clock, options);
    const random = new SeededRandom(options.seed ?? 1);
    this.server = new Server({ clock: this.clock, random, ...serverOptions });
    const endpoint = parseEndpoint('udp://10.9.9.9:4001', { schemes: ['udp'] });
    this.endpoint = new UdpEndpoint(endpoint, endpointContextOf(this.server), this.network.open);
  }

  /** Creates a client. It connects when the clock moves. */
  connect(options: object = {}): ClientSocket {
    const { network, transports } = this;
    class MemoryUdp extends NodeUdp {
      protected override get openPort(): PortOpener {
        return network.open;
      }

      override open(): this {
        transports.push(this);
        return super.open();
      }
    }
    const io = createIo(Manager, (uri) => uri);
    return io('udp://10.9.9.9:4001', {
      clock: this.clock,
      transports: [MemoryUdp],
      ...options,
    } as object) as ClientSocket;
  }
}
