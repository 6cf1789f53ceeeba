/** The WebSocket transport over the runtime's own WebSocket. It delivers Buffers, like everything else in Node. */
import type { Bytes } from '../../base/bytes.js';
import type { EnginePacket } from '../../protocol/engine-io/packet.js';
import { WebSocketTransport } from '../engine/websocket.js';

/**
 * Uses the global `WebSocket` of Node 22 or later and other runtimes. Headers, cookies and agents do not work with it.
 */
export class BuiltinWebSocket extends WebSocketTransport {
  protected override decode(unit: string | Bytes): EnginePacket | undefined {
    return super.decode((unit as unknown) instanceof ArrayBuffer ? Buffer.from(unit as unknown as ArrayBuffer) : unit);
  }
}
