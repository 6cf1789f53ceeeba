// A program with workers whose HTTP servers ask the system to share their port.
import { createServer } from 'node:http';
import { local } from '@naru/local';
import { Server } from 'naru';
import { cluster } from 'naru/cluster';

const [folder, workers, port] = process.argv.slice(2);

const { isPrimary, report } = await cluster({ workers: Number(workers) }, async () => {
  const http = createServer();
  const io = new Server(http, { backplane: local(folder) });
  io.on('connection', (socket) => socket.on('where', (done) => done(process.pid)));
  await new Promise((resolve) => http.listen({ port: Number(port), host: '127.0.0.1', reusePort: true }, resolve));
  // A worker that gets its connections from the primary has no listening socket of its own.
  const sockets = process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap');
  return { io, report: sockets.length };
});
if (isPrimary) console.log(`sockets ${report}`);
