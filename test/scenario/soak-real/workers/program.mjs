// The servers of the soak as the workers of one program. The primary carries calls and answers between the soak and
// each worker.
import nodeCluster from 'node:cluster';
import { cluster } from 'naru/cluster';

const { workers } = JSON.parse(process.argv[2]);

if (nodeCluster.isPrimary) {
  const tell = (message) => process.connected && process.send(message);
  nodeCluster.on('message', ({ id, process: { pid } }, message) => {
    if (message.naru === undefined) tell({ boot: id, pid, message });
  });
  nodeCluster.on('exit', ({ id }, code, signal) => tell({ boot: id, outcome: signal ?? code }));
  // The worker may have ended, which the soak hears soon.
  process.on('message', ({ boot, message }) => nodeCluster.workers[boot]?.send(message, () => undefined));
  process.on('disconnect', () => process.exit(0));
  // Those that start later are not replaced. `cluster` hears the signal in the same turn.
  process.on('SIGHUP', () => tell({ replaced: Object.values(nodeCluster.workers).map(({ id }) => id) }));
}

const start = async () => (await import('../server.mjs')).served;
await cluster({ workers }, start, { onWorkerEnd: () => undefined });
