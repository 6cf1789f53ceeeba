/** A server with an endpoint for lanes and a client with a fake WebRTC, on one clock. */
import { onTestFinished, vi } from 'vitest';
import { FakeChannelPort, FakePeerConnection } from '../../../../../test/kit/fake-channels.js';
import { parseEndpoint } from '../../../../naru/src/base/node/endpoint.js';
import { readOptions } from '../../../../naru/src/base/options/table.js';
import { io } from '../../../../naru/src/client/index.js';
import type { Socket as ClientSocket } from '../../../../naru/src/client/socket/socket.js';
import type { Socket } from '../../../../naru/src/namespace/socket/socket.js';
import { endpointContextOf } from '../../../../naru/src/server/api/server.js';
import { FakeClock } from '../../../../testing/src/fake-clock.js';
import { TestServer } from '../../../../testing/src/test-server.js';
import { WebRtcEndpoint } from '../../../src/server/webrtc.js';
import { webrtcTable } from '../../../src/server/webrtc-options.js';

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
