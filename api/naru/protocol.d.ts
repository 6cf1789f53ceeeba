// Written by npm run docs. The declarations of what the entry exports, and of their base classes, without comments.

// ARGUMENTS_MAX
declare const ARGUMENTS_MAX = 10000;

// CLOSE_CODE
declare const CLOSE_CODE: {
    readonly normal: 1000;
    readonly goingAway: 1001;
    readonly protocolError: 1002;
    readonly unsupportedData: 1003;
    readonly noStatus: 1005;
    readonly abnormal: 1006;
    readonly invalidPayload: 1007;
    readonly policyViolation: 1008;
    readonly messageTooBig: 1009;
    readonly mandatoryExtension: 1010;
    readonly internalError: 1011;
    readonly serviceRestart: 1012;
    readonly tryAgainLater: 1013;
    readonly badGateway: 1014;
};

// CONNECT
declare const CONNECT = 0;

// DATAGRAMS_WELCOME
declare const DATAGRAMS_WELCOME = "6datagrams";

// DatagramReader
declare class DatagramReader {
    #private;
    read(datagram: Bytes): (string | Bytes)[] | undefined;
}

// ENGINE_PACKET_TYPES
declare const ENGINE_PACKET_TYPES: readonly ['open', 'close', 'ping', 'pong', 'message', 'upgrade', 'noop'];

// EVENT
declare const EVENT = 2;

// EventStreamDecoder
declare class EventStreamDecoder {
    #private;
    constructor(charsMax?: number);
    get lastEventId(): string;
    get retryMs(): number | undefined;
    add(chunk: Bytes): readonly ReceivedEvent[];
}

// JsonMessage
type JsonMessage = JsonEvent | JsonAck | JsonRoomRequest | JsonHistoryRequest;

// LineCommand
type LineCommand = LineEvent | JsonAck | JsonRoomRequest | JsonHistoryRequest | {
    readonly type: 'enter';
    readonly namespace: string;
    readonly auth: Record<string, unknown>;
} | {
    readonly type: 'json';
    readonly isOn: boolean;
} | {
    readonly type: 'rooms' | 'help' | 'quit' | 'nothing';
};

// LineEvent
interface LineEvent extends JsonEvent {
    readonly isQuestion: boolean;
}

// LineRules
interface LineRules {
    readonly textEvent: string;
    readonly depthMax: number;
}

// MESSAGE
declare const MESSAGE = "4";

// OPEN
declare const OPEN = "0";

// PacketType
declare const PacketType: {
    readonly CONNECT: 0;
    readonly DISCONNECT: 1;
    readonly EVENT: 2;
    readonly ACK: 3;
    readonly CONNECT_ERROR: 4;
    readonly BINARY_EVENT: 5;
    readonly BINARY_ACK: 6;
};

// RESERVED_EVENTS
declare const RESERVED_EVENTS: ReadonlySet<unknown>;

// RecordDecoder
declare class RecordDecoder {
    #private;
    constructor(bytesMax: number);
    get isEnded(): boolean;
    get isInside(): boolean;
    end(): void;
    decode<Context>(chunk: Bytes, start: number, sink: RecordSink<Context>, context: Context): void;
}

// RecordSink
interface RecordSink<Context> {
    onUnit(context: Context, unit: string | Bytes): void;
    onViolation(context: Context, error: ProtocolError): void;
}

// SocketPacket
interface SocketPacket {
    type: number;
    nsp: string;
    data?: unknown;
    id?: number;
    attachments?: number;
}

// TEXT_FORMAT
declare const TEXT_FORMAT: LineFormat;

// acceptsEncoding
declare function acceptsEncoding(header: string | undefined, encoding: string): boolean;

// allocateOwnBytes
declare const allocateOwnBytes: (size: number) => Bytes;

// decodeRecords
declare function decodeRecords(bytes: Bytes, start: number, end: number): (string | Bytes)[] | ProtocolError;

// decodeValue
declare function decodeValue(text: string, depthMax?: number): unknown;

// encodeAckMessage
declare function encodeAckMessage(id: number, args: readonly unknown[]): string;

// encodeDatagram
declare function encodeDatagram(sequence: number, units: readonly (string | Bytes)[], bytesMax: number): Bytes | undefined;

// encodeEventMessage
declare function encodeEventMessage(event: string, args: string, { room, id, offset }?: JsonEventMore): string;

// encodeRecords
declare function encodeRecords(units: readonly (string | Bytes)[]): Bytes;

// encodeValue
declare function encodeValue(value: unknown): string;

// isFresh
declare function isFresh(headers: Conditions, etag: string, modifiedMs?: number): boolean;

// isUtf8Range
declare function isUtf8Range(bytes: Bytes, start: number, end: number, isUtf8?: IsUtf8): boolean;

// keepBytes
declare function keepBytes(bytes: Bytes, start: number, end: number): Bytes;

// parseProtocols
declare function parseProtocols(value: string | readonly string[] | undefined): string[] | undefined;

// readLine
declare function readLine(line: string, rules: LineRules): LineCommand;

// readMessage
declare function readMessage(value: unknown): JsonMessage | undefined;

// readUint32
declare function readUint32(bytes: Bytes, at: number): number;

// recordSize
declare function recordSize(unit: string | Bytes): number;

// sliceUtf8
declare const sliceUtf8: (bytes: Bytes, start: number, end: number) => string;

// writeRecordHeader
declare function writeRecordHeader(target: Bytes, at: number, isBinary: boolean, payloadSize: number): number;

// writeUint32
declare function writeUint32(target: Bytes, at: number, value: number): void;

// writeWord
declare function writeWord(text: string): string;
