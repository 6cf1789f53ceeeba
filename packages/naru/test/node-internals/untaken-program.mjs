// Two workers on one port. Each answers with the number of its process. The first argument says whether connections are
// returned.
import cluster from 'node:cluster';
import { createServer } from 'node:http';
import { returnUntaken } from '../../../../.build.modules/packages/naru/src/node-internals/untaken-connections.js';

if (cluster.isPrimary) {
  let ready = 0;
  cluster.on('listening', (_worker, { port }) => {
    ready += 1;
    if (ready === 2) console.log(`port ${port}`);
  });
  for (let at = 0; at < 2; at += 1) {
    const worker = cluster.fork();
    if (process.argv[2] === 'returned') returnUntaken(worker.process);
  }
} else {
  createServer((_request, response) => response.end(String(process.pid))).listen(0, '127.0.0.1');
}
