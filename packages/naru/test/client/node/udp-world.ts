/** A server and clients of ours over a network of datagrams in memory, on one clock that the test moves. */

import { DatagramNetwork, type DatagramNetworkOptions } from '../../../../../test/kit/datagram-network.js';
import { FakeClock } from '../../../../testing/src/fake-clock.js';
import { SeededRandom } from '../../../../testing/src/seeded-random.js';
import { NodeUdp } from '../../../../udp/src/client/udp.js';
import type { UdpClientOptions } from '../../../../udp/src/client/udp-wire.js';
import { UdpEndpoint } from '../../../../udp/src/server/udp.js';
import { udpTable } from '../../../../udp/src/server/udp-options.js';
import type { PortOpener } from '../../../../udp/src/transport/port.js';
import { parseEndpoint } from '../../../src/base/node/endpoint.js';
import { readOptions } from '../../../src/base/options/table.js';
import { Manager } from '../../../src/client/index.js';
import { createIo } from '../../../src/client/socket/io.js';
import type { Socket as ClientSocket } from '../../../src/client/socket/socket.js';
import type { ServerOptions } from '../../../src/server/api/server.js';
import { endpointContextOf, Server } from '../../../src/server/api/server.js';

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
    this.endpoint = new UdpEndpoint(endpoint, endpointContextOf(this.server), readOptions(udpTable), this.network.open);
  }

  /** Creates a client. It connects when the clock moves. */
  connect(options: object = {}, udpOptions: UdpClientOptions = {}): ClientSocket {
    const { network, transports } = this;
    const settings = { keyExchange: true, ...udpOptions };
    class MemoryUdp extends NodeUdp {
      protected override get settings() {
        return settings;
      }

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
      wires: [{ transport: MemoryUdp, schemes: ['udp'] }],
      ...options,
    } as object) as ClientSocket;
  }
}
