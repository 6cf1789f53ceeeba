/** Blobs in packets: a browser's WebSocket sends them as they are, everything else has to read them first. */
import type { OutgoingPacket } from './options.js';

/** Calls `write` with packets whose Blobs have been read: at once when there are none, else later, and `fail` if one cannot be read. */
export function readBlobs(
  packets: readonly OutgoingPacket[],
  write: (packets: readonly OutgoingPacket[]) => void,
  fail: (error: unknown) => void,
): void {
  if (packets.some(({ data }) => isBlob(data))) {
    Promise.all(
      packets.map(async (packet) =>
        isBlob(packet.data) ? { ...packet, data: await packet.data.arrayBuffer() } : packet,
      ),
    ).then(write, fail);
  } else write(packets);
}

function isBlob(data: OutgoingPacket['data']): data is Blob {
  return typeof data === 'object' && 'arrayBuffer' in data;
}
