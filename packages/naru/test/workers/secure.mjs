// A program with workers behind TLS, made with the library.
import { createServer } from 'node:https';
import { local } from '@naru/local';
import { Server } from 'naru';
import { cluster } from 'naru/cluster';

const [folder, workers, cert, key] = process.argv.slice(2);

const { isPrimary, report } = await cluster({ workers: Number(workers) }, async () => {
  const https = createServer({ cert, key });
  const io = new Server(https, { backplane: local(folder) });
  io.on('connection', (socket) => socket.on('where', (done) => done(process.pid, socket.handshake.secure)));
  await new Promise((resolve) => https.listen(0, '127.0.0.1', resolve));
  return { io, report: https.address().port };
});
if (isPrimary) console.log(`port ${report}`);
