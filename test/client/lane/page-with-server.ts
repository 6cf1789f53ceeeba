/** A server with an endpoint for lanes and a client with a fake WebRTC, on one clock. */
import { onTestFinished, vi } from 'vitest';
import { parseEndpoint } from '../../../src/base/endpoint.js';
import { readOptions } from '../../../src/base/options/table.js';
import { io } from '../../../src/client/index.js';
import type { Socket as ClientSocket } from '../../../src/client/socket/socket.js';
import type { Socket } from '../../../src/namespace/socket/socket.js';
import { endpointContextOf } from '../../../src/server/api/server.js';
import { WebRtcEndpoint } from '../../../src/server/optional-wires/webrtc.js';
import { webrtcTable } from '../../../src/server/optional-wires/webrtc-options.js';
import { FakeClock } from '../../../src/testing/fake-clock.js';
import { TestServer } from '../../../src/testing/test-server.js';
import { FakeChannelPort, FakePeerConnection } from '../../kit/fake-channels.js';

/** Connects a client, which has no lane yet. */
export async function connectPage(options: object = {}, isOffered = true) {
  const clock = new FakeClock();
  const server = new TestServer({ clock, server: {} });
  const port = new FakeChannelPort();
  Object.assign(FakePeerConnection, { clock, port, isBlocked: false });
  vi.stubGlobal('RTCPeerConnection', FakePeerConnection);
  onTestFinished(() => void vi.unstubAllGlobals());
  const address = parseEndpoint('webrtc://10.9.9.9:4002', { schemes: ['webrtc'] });
  const endpoint = new WebRtcEndpoint(address, endpointContextOf(server.io), readOptions(webrtcTable), port.open);
  await endpoint.ready;
  if (!isOffered) await endpoint.close();
  const sockets: Socket[] = [];
  server.io.on('connection', (socket) => sockets.push(socket as unknown as Socket));
  const client = io(server.url, { ...server.clientOptions, transports: ['websocket'], ...options }) as ClientSocket;
  return { clock, server, port, endpoint, client, sockets };
}
