/** Two ends of a TCP connection, for tests of written bytes. */
import { type AddressInfo, connect, createServer, type ServerOpts, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Opens a connection whose `reader` reads nothing yet; `socket` is the server's end. Both end with the test. */
export async function openConnection(options: ServerOpts = {}): Promise<{ reader: Socket; socket: Socket }> {
  const server = createServer(options);
  const accepted = new Promise<Socket>((resolve) => server.on('connection', resolve));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const reader = connect((server.address() as AddressInfo).port, '127.0.0.1').pause();
  reader.on('error', () => undefined);
  const socket = await accepted;
  socket.on('error', () => undefined);
  onTestFinished(() => {
    reader.destroy();
    socket.destroy();
    server.close();
  });
  return { reader, socket };
}

/** Resolves with the next `size` bytes. */
export function readAll(reader: Socket, size: number): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    reader.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= size) resolve(Buffer.concat(chunks));
    });
    reader.resume();
  });
}
