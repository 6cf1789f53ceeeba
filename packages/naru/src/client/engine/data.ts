/** The data of messages: text, or bytes in any of their forms. */
import { type Bytes, checkedBytes } from '../../base/bytes.js';
import type { ClientTransport, OutgoingPacket } from './options.js';

/** Throws a ConfigError (BAD_ARGUMENT) for data that is neither text nor bytes. */
export function checkData(data: unknown): void {
  if (typeof data !== 'string' && !isBlob(data)) checkedBytes(data as ArrayBuffer);
}

/** Whether data is a Blob. A browser's WebSocket sends Blobs directly. Every other transport must read them first. */
export function isBlob(data: unknown): data is Blob {
  return !!(data as Blob | undefined)?.arrayBuffer;
}

/** Returns bytes that arrived outside the ordered stream in the type that the listeners of an engine get. */
export function toBinaryType(bytes: Bytes, { binaryType }: { readonly binaryType: string }): Bytes {
  const { Buffer } = globalThis as { Buffer?: { from(bytes: Bytes): Bytes } };
  if (binaryType === 'nodebuffer' && Buffer) return Buffer.from(bytes);
  // `slice` of a Buffer shares its memory, which is often larger.
  const copy = new Uint8Array(bytes);
  return (binaryType === 'blob' ? new Blob([copy]) : copy.buffer) as unknown as Bytes;
}

/**
 * Calls `write` as soon as all Blobs of the packets are read, without a delay if there are no Blobs. The transport
 * fails if one cannot be read. Nothing is written if it has closed meanwhile.
 */
export function readBlobs(
  transport: ClientTransport,
  packets: readonly OutgoingPacket[],
  write: (packets: readonly OutgoingPacket[]) => void,
): void {
  if (packets.some(({ data }) => isBlob(data))) {
    Promise.all(
      packets.map(async (packet) =>
        isBlob(packet.data) ? { ...packet, data: await packet.data.arrayBuffer() } : packet,
      ),
    ).then(
      (read) => {
        if (transport.readyState !== 'closed') write(read);
      },
      (error) => transport.emit('error', error),
    );
  } else write(packets);
}
