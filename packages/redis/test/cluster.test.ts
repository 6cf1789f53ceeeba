import { holdContract } from './moved-time.js';
import { startCluster } from './servers-and-uplinks.js';

/** Servers do not count each other as lost while their time moves fast. */
const PATIENT = ['--cluster-node-timeout', '100000000'];

holdContract('redis on a Redis Cluster', async (env, atEnd) => {
  const [server] = await startCluster(PATIENT, env, atEnd);
  if (!server) throw new TypeError('there are three servers');
  return { url: server.url, server };
});
