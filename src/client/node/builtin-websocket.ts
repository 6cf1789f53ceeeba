/** The WebSocket transport over the runtime's own WebSocket, which gives Buffers as everything else in Node does. */
import type { Bytes } from '../../base/bytes.js';
import type { EnginePacket } from '../../protocol/engine-io/packet.js';
import { WebSocketTransport } from '../engine/websocket.js';

/** Uses the global `WebSocket`, for Node from 22 on and other runtimes. It takes no headers, cookies or agent. */
export class BuiltinWebSocket extends WebSocketTransport {
  protected override decode(unit: string | Bytes): EnginePacket | undefined {
    return super.decode((unit as unknown) instanceof ArrayBuffer ? Buffer.from(unit as unknown as ArrayBuffer) : unit);
  }
}
