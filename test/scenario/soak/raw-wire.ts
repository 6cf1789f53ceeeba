/** The wires under clients that speak Socket.IO by themselves: a WebSocket, and records over TCP. */
import type { Bytes } from '../../../packages/naru/src/base/bytes.js';
import type { Clock } from '../../../packages/naru/src/base/clock.js';
import type { Random } from '../../../packages/naru/src/base/id.js';
import { RecordDecoder } from '../../../packages/naru/src/protocol/record/decoder.js';
import { encodeRecord } from '../../../packages/naru/src/protocol/record/encode.js';
import type {
  WebSocketConnection,
  WebSocketHandler,
} from '../../../packages/naru/src/transport/websocket/connection.js';
import { dialWebSocket } from '../../../packages/naru/src/transport/websocket/dial.js';
import { webSocketSettings } from '../../../packages/naru/src/transport/websocket/settings.js';
import type { TestDevice } from '../../../packages/testing/src/network/network.js';

/** The user of a wire. */
export interface RawWireUser {
  onUnit(wire: RawWire, unit: string | Bytes): void;
  /** The wire is over. Called once. */
  onEnd(wire: RawWire): void;
}

/** A connection that carries units of Engine.IO. */
export interface RawWire {
  send(unit: string): void;
  /** Ends the wire without a goodbye. */
  destroy(): void;
}

/** The parts of a wire. */
export interface RawWireParts {
  readonly device: TestDevice;
  readonly clock: Clock;
  readonly random: Random;
  readonly query: string;
}

/** Dials a WebSocket. */
export function openWebSocketWire({ device, clock, random, query }: RawWireParts, user: RawWireUser): RawWire {
  let connection: WebSocketConnection | undefined;
  let isOver = false;
  const wire: RawWire = {
    send: (unit) => connection?.sendText(unit),
    destroy: () => {
      connection?.terminate();
      end();
    },
  };
  const end = (): void => {
    if (isOver) return;
    isOver = true;
    user.onEnd(wire);
  };
  const handler: WebSocketHandler = {
    onText: (_connection, text) => !isOver && user.onUnit(wire, text),
    onBinary: (_connection, bytes) => !isOver && user.onUnit(wire, bytes),
    onWritable: () => undefined,
    onClose: end,
  };
  const url = `ws://naru.test/socket.io/?EIO=4&transport=websocket&${query}`;
  const onOpen = (opened: WebSocketConnection): void => {
    connection = opened;
    if (isOver) opened.terminate();
  };
  dialWebSocket(
    url,
    { agent: device.agent, timeoutMs: 6_000, onOpen },
    webSocketSettings({ clock, random }),
    handler,
  ).then(() => undefined, end);
  return wire;
}

/** Dials a byte stream, and announces records. */
export function openRecordWire({ device, query }: RawWireParts, user: RawWireUser): RawWire {
  const stream = device.dial();
  const decoder = new RecordDecoder(1_000_000);
  let isOver = false;
  const wire: RawWire = {
    send: (unit) => void (stream.writable && stream.write(encodeRecord(unit))),
    destroy: () => {
      stream.destroy();
      end();
    },
  };
  const end = (): void => {
    if (isOver) return;
    isOver = true;
    user.onEnd(wire);
  };
  const sink = {
    onUnit: (_context: undefined, unit: string | Bytes) => void (!isOver && user.onUnit(wire, unit)),
    onViolation: () => wire.destroy(),
  };
  stream.on('data', (chunk: Buffer) => decoder.decode(chunk, 0, sink, undefined));
  stream.on('error', end).on('close', end);
  stream.on('end', () => wire.destroy());
  stream.write(`NARU1?${query}\n`);
  return wire;
}
